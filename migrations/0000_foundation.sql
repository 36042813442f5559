CREATE SEQUENCE "public"."custody_events_ordinal" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
CREATE TABLE "policies" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"policy" text NOT NULL,
	"jurisdiction" text NOT NULL,
	"stream" text NOT NULL,
	"value" jsonb NOT NULL,
	"looks_at" text NOT NULL,
	"place" text NOT NULL,
	"basis" jsonb NOT NULL,
	"ours" boolean NOT NULL,
	"in_force_from" text NOT NULL,
	"in_force_to" text
);
--> statement-breakpoint
CREATE TABLE "accounts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"role" text NOT NULL,
	"party_id" uuid NOT NULL,
	"site_id" uuid,
	"waste_code" text NOT NULL,
	"owner_id" uuid NOT NULL
);
--> statement-breakpoint
CREATE TABLE "balances" (
	"account_id" uuid NOT NULL,
	"batch_id" uuid NOT NULL,
	"grams" bigint NOT NULL,
	"pieces" integer NOT NULL,
	"dry_grams" bigint NOT NULL,
	CONSTRAINT "balances_account_id_batch_id_pk" PRIMARY KEY("account_id","batch_id")
);
--> statement-breakpoint
CREATE TABLE "batch_edges" (
	"to_id" uuid NOT NULL,
	"from_id" uuid NOT NULL,
	"event_id" uuid NOT NULL,
	"grams" bigint NOT NULL,
	"pieces" integer NOT NULL,
	CONSTRAINT "batch_edges_to_id_from_id_event_id_pk" PRIMARY KEY("to_id","from_id","event_id")
);
--> statement-breakpoint
CREATE TABLE "batches" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"origin" text NOT NULL,
	"party_id" uuid NOT NULL,
	"site_id" uuid NOT NULL,
	"owner_id" uuid NOT NULL,
	"waste_code" text NOT NULL,
	"account_id" uuid NOT NULL,
	"initial_grams" bigint NOT NULL,
	"initial_pieces" integer NOT NULL,
	"manifest_id" uuid,
	"formed_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "monthly_balances" (
	"account_id" uuid NOT NULL,
	"month" text NOT NULL,
	"grams" bigint NOT NULL,
	"pieces" integer NOT NULL,
	"dry_grams" bigint NOT NULL,
	CONSTRAINT "monthly_balances_account_id_month_pk" PRIMARY KEY("account_id","month")
);
--> statement-breakpoint
CREATE TABLE "postings" (
	"event_id" uuid NOT NULL,
	"n" smallint NOT NULL,
	"account_id" uuid NOT NULL,
	"batch_id" uuid NOT NULL,
	"manifest_id" uuid,
	"line" smallint,
	"trip_id" uuid,
	"grams" bigint NOT NULL,
	"pieces" integer NOT NULL,
	"dry_grams" bigint NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	CONSTRAINT "postings_event_id_n_pk" PRIMARY KEY("event_id","n")
) PARTITION BY RANGE ("event_id");
--> statement-breakpoint
CREATE TABLE "manifests" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"stream" text NOT NULL,
	"status" text NOT NULL,
	"number" text,
	"official_number" text,
	"consignor_id" uuid NOT NULL,
	"consignor_site_id" uuid NOT NULL,
	"carrier_id" uuid NOT NULL,
	"consignee_id" uuid NOT NULL,
	"consignee_site_id" uuid NOT NULL,
	"shipper_role" text NOT NULL,
	"origin_region" text NOT NULL,
	"destination_region" text NOT NULL,
	"cross_province" boolean NOT NULL,
	"lines" jsonb NOT NULL,
	"discrepancies" jsonb NOT NULL,
	"plate" text,
	"driver_id" uuid,
	"waybill_number" text,
	"issued_at" timestamp with time zone,
	"picked_up_at" timestamp with time zone,
	"arrived_at" timestamp with time zone,
	"accepted_at" timestamp with time zone,
	"voided_at" timestamp with time zone,
	"receipt_due_on" text,
	"receipt_due_provisional" boolean,
	CONSTRAINT "manifests_number" UNIQUE("number")
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"party_id" uuid NOT NULL,
	"role" text NOT NULL,
	"label" text NOT NULL,
	"prefix" text NOT NULL,
	"secret_hash" text NOT NULL,
	"site_id" uuid,
	"device_id" uuid,
	"person_id" uuid,
	"expires_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "api_keys_prefix" UNIQUE("prefix")
);
--> statement-breakpoint
CREATE TABLE "audience" (
	"scope" uuid NOT NULL,
	"kind" text NOT NULL,
	"stage" text NOT NULL,
	"id" uuid NOT NULL,
	CONSTRAINT "audience_scope_kind_stage_id_pk" PRIMARY KEY("scope","kind","stage","id")
);
--> statement-breakpoint
CREATE TABLE "devices" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"party_id" uuid NOT NULL,
	"site_id" uuid NOT NULL,
	"type" text NOT NULL,
	"serial_number" text NOT NULL,
	"scale_division_grams" integer,
	"verified_through" text,
	"active" boolean NOT NULL,
	CONSTRAINT "devices_serial" UNIQUE("party_id","serial_number")
);
--> statement-breakpoint
CREATE TABLE "parties" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"name" text NOT NULL,
	"uscc" text,
	"capacities" jsonb NOT NULL,
	"region" text NOT NULL,
	"jurisdiction" jsonb,
	"active" boolean NOT NULL,
	CONSTRAINT "parties_uscc" UNIQUE("uscc")
);
--> statement-breakpoint
CREATE TABLE "people" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"party_id" uuid NOT NULL,
	"duties" jsonb NOT NULL,
	"details_event_id" uuid,
	"active" boolean NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sites" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"party_id" uuid NOT NULL,
	"name" text NOT NULL,
	"region" text NOT NULL,
	"permit_code" text,
	"active" boolean NOT NULL
);
--> statement-breakpoint
CREATE TABLE "vehicles" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"party_id" uuid NOT NULL,
	"plate" text NOT NULL,
	"operating_permit" text,
	"payload_grams" bigint,
	"active" boolean NOT NULL,
	CONSTRAINT "vehicles_plate" UNIQUE("plate")
);
--> statement-breakpoint
CREATE TABLE "permits" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"type" text NOT NULL,
	"number" text NOT NULL,
	"holder_id" uuid NOT NULL,
	"site_id" uuid,
	"counterpart_id" uuid,
	"waste_codes" jsonb NOT NULL,
	"methods" jsonb NOT NULL,
	"cap_grams" bigint,
	"valid_from" text NOT NULL,
	"valid_to" text NOT NULL,
	"status" text NOT NULL,
	CONSTRAINT "permits_number" UNIQUE("type","number")
);
--> statement-breakpoint
CREATE TABLE "act_keys" (
	"organisation" uuid NOT NULL,
	"key" text NOT NULL,
	"input_hash" "bytea" NOT NULL,
	"status" smallint NOT NULL,
	"answer" text NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	CONSTRAINT "act_keys_organisation_key_pk" PRIMARY KEY("organisation","key")
);
--> statement-breakpoint
CREATE TABLE "custody_events" (
	"id" uuid PRIMARY KEY NOT NULL,
	"ordinal" bigint DEFAULT nextval('custody_events_ordinal') NOT NULL,
	"subject_id" uuid NOT NULL,
	"seq" integer NOT NULL,
	"type" text NOT NULL,
	"bytes" "bytea" NOT NULL,
	"salt" "bytea" NOT NULL,
	"prev_hash" "bytea" NOT NULL,
	"hash" "bytea" NOT NULL
) PARTITION BY RANGE ("id");
--> statement-breakpoint
CREATE TABLE "event_details" (
	"event_id" uuid PRIMARY KEY NOT NULL,
	"salt" "bytea" NOT NULL,
	"body" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "event_refs" (
	"ref_id" uuid NOT NULL,
	"event_id" uuid NOT NULL,
	CONSTRAINT "event_refs_ref_id_event_id_pk" PRIMARY KEY("ref_id","event_id")
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"job" text NOT NULL,
	"payload" jsonb NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"attempts" smallint DEFAULT 0 NOT NULL,
	"available_at" timestamp with time zone NOT NULL,
	"done_at" timestamp with time zone,
	"last_error" text
);
--> statement-breakpoint
CREATE TABLE "serials" (
	"series" text PRIMARY KEY NOT NULL,
	"next" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "anomalies" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"rule" text NOT NULL,
	"rule_version" integer NOT NULL,
	"subject_kind" text NOT NULL,
	"subject_id" uuid NOT NULL,
	"period" text NOT NULL,
	"status" text NOT NULL,
	"severity" text NOT NULL,
	"finding_hash" text NOT NULL,
	"finding" jsonb NOT NULL,
	"party_ids" jsonb NOT NULL,
	"regions" jsonb NOT NULL,
	"stream" text NOT NULL,
	"first_seen_at" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "unmatched_reports" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"act" text NOT NULL,
	"party_id" uuid NOT NULL,
	"site_id" uuid,
	"plate" text,
	"manifest_id" uuid NOT NULL,
	"manifest_status" text NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "weigh_tickets" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"ticket_number" text NOT NULL,
	"party_id" uuid NOT NULL,
	"site_id" uuid NOT NULL,
	"device_id" uuid,
	"purpose" text NOT NULL,
	"plate" text,
	"gross_grams" bigint NOT NULL,
	"tare_grams" bigint NOT NULL,
	"net_grams" bigint NOT NULL,
	"scale_division_grams" integer,
	"manifest_id" uuid,
	"weighed_at" timestamp with time zone NOT NULL,
	CONSTRAINT "weigh_tickets_number" UNIQUE("site_id","ticket_number")
);
--> statement-breakpoint
CREATE INDEX "accounts_party" ON "accounts" USING btree ("party_id","role");--> statement-breakpoint
CREATE INDEX "accounts_site" ON "accounts" USING btree ("site_id","role");--> statement-breakpoint
CREATE INDEX "batch_edges_from" ON "batch_edges" USING btree ("from_id");--> statement-breakpoint
CREATE INDEX "postings_account" ON "postings" USING btree ("account_id","occurred_at");--> statement-breakpoint
CREATE INDEX "manifests_official" ON "manifests" USING btree ("official_number");--> statement-breakpoint
CREATE INDEX "act_keys_recorded" ON "act_keys" USING brin ("recorded_at");--> statement-breakpoint
CREATE INDEX "custody_events_subject" ON "custody_events" USING btree ("subject_id","seq");--> statement-breakpoint
CREATE INDEX "outbox_pending" ON "outbox" USING btree ("available_at","id") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "weigh_tickets_manifest" ON "weigh_tickets" USING btree ("manifest_id");--> statement-breakpoint
CREATE TABLE "custody_events_default" PARTITION OF "custody_events" DEFAULT;--> statement-breakpoint
CREATE TABLE "postings_default" PARTITION OF "postings" DEFAULT;--> statement-breakpoint
CREATE FUNCTION ensure_partition(parent text, partition text, from_id uuid, to_id uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF to_regclass(partition) IS NOT NULL THEN RETURN false; END IF;
  PERFORM pg_advisory_xact_lock(hashtext('ensure_partition'));
  IF to_regclass(partition) IS NOT NULL THEN RETURN false; END IF;
  EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', partition, parent, from_id, to_id);
  -- Row triggers come with the parent, statement triggers do not.
  IF parent = 'custody_events' THEN
    EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', partition);
  END IF;
  RETURN true;
EXCEPTION WHEN check_violation OR duplicate_table THEN
  -- Another process made it just now, or rows of that month lie in the default partition already and stay there.
  RETURN false;
END $$;--> statement-breakpoint
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME USING ERRCODE = 'LD001';
END $$;--> statement-breakpoint
CREATE TRIGGER custody_events_insert_only BEFORE UPDATE OR DELETE ON "custody_events" FOR EACH ROW EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER postings_insert_only BEFORE UPDATE OR DELETE ON "postings" FOR EACH ROW EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER custody_events_no_truncate BEFORE TRUNCATE ON "custody_events" FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON "custody_events_default" FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();--> statement-breakpoint
ALTER TABLE "outbox" SET (autovacuum_vacuum_scale_factor = 0.02, fillfactor = 80);--> statement-breakpoint
ALTER TABLE "manifests" SET (fillfactor = 80);--> statement-breakpoint
ALTER TABLE "balances" SET (fillfactor = 80);--> statement-breakpoint
ALTER TABLE "monthly_balances" SET (fillfactor = 70);
