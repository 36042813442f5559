-- What existing rows get here is filled in when the service starts: it rebuilds projections made by an older reading of the events.
CREATE TABLE "containers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"code" text NOT NULL,
	"packaging" text NOT NULL,
	"capacity_litres" integer,
	"tare_grams" bigint,
	"waste_code" text NOT NULL,
	"form" text NOT NULL,
	"hazards" jsonb NOT NULL,
	"label" jsonb NOT NULL,
	"unit_id" uuid NOT NULL,
	"owner_id" uuid NOT NULL,
	"state" text NOT NULL,
	"party_id" uuid NOT NULL,
	"site_id" uuid,
	"manifest_id" uuid,
	"region" text NOT NULL,
	"batch_id" uuid,
	"grams" bigint NOT NULL,
	"pieces" integer NOT NULL,
	"parent_id" uuid,
	"child_ids" jsonb NOT NULL,
	"contradictions" integer NOT NULL,
	"labelled_at" timestamp with time zone NOT NULL,
	CONSTRAINT "containers_code" UNIQUE("code")
);
--> statement-breakpoint
CREATE TABLE "treatments" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"status" text NOT NULL,
	"party_id" uuid NOT NULL,
	"site_id" uuid NOT NULL,
	"owner_id" uuid NOT NULL,
	"region" text NOT NULL,
	"method" text NOT NULL,
	"treatment_kind" text NOT NULL,
	"facility_code" text,
	"self_treatment" boolean NOT NULL,
	"batch_code" text,
	"started_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone NOT NULL,
	"inputs" jsonb NOT NULL,
	"outputs" jsonb NOT NULL,
	"additives" jsonb NOT NULL,
	"loss_grams" bigint NOT NULL,
	"reversed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "storage_moves" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"direction" text NOT NULL,
	"code" text NOT NULL,
	"site_id" uuid NOT NULL,
	"store_id" uuid NOT NULL,
	"owner_id" uuid NOT NULL,
	"waste_code" text NOT NULL,
	"grams" bigint NOT NULL,
	"pieces" integer NOT NULL,
	"items" jsonb NOT NULL,
	"storekeeper_id" uuid,
	"mover_id" uuid,
	"destination" text,
	"moved_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "stores" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"site_id" uuid NOT NULL,
	"code" text NOT NULL,
	"type" text NOT NULL,
	"name" text,
	"capacity_grams" bigint,
	"shared" boolean NOT NULL,
	"active" boolean NOT NULL,
	CONSTRAINT "stores_code" UNIQUE("site_id","code")
);
--> statement-breakpoint
CREATE TABLE "tenancies" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"site_id" uuid NOT NULL,
	"store_id" uuid,
	"tenant_id" uuid NOT NULL,
	"valid_from" text NOT NULL,
	"valid_to" text
);
--> statement-breakpoint
CREATE TABLE "manifest_legs" (
	"manifest_id" uuid NOT NULL,
	"leg" smallint NOT NULL,
	"carrier_id" uuid NOT NULL,
	"plate" text,
	"trip_id" uuid,
	"started_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "manifest_legs_manifest_id_leg_pk" PRIMARY KEY("manifest_id","leg")
);
--> statement-breakpoint
CREATE TABLE "delegations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"principal_id" uuid NOT NULL,
	"agent_id" uuid NOT NULL,
	"site_ids" jsonb NOT NULL,
	"acts" jsonb NOT NULL,
	"valid_from" text NOT NULL,
	"valid_to" text NOT NULL,
	"status" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "designations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"type" text NOT NULL,
	"party_id" uuid NOT NULL,
	"site_id" uuid,
	"tag" text,
	"stream" text NOT NULL,
	"basis" text,
	"valid_from" text NOT NULL,
	"valid_to" text
);
--> statement-breakpoint
CREATE TABLE "permit_use_manifests" (
	"permit_id" uuid NOT NULL,
	"manifest_id" uuid NOT NULL,
	"period" text NOT NULL,
	"reserved_grams" bigint NOT NULL,
	"used_grams" bigint NOT NULL,
	CONSTRAINT "permit_use_manifests_permit_id_manifest_id_period_pk" PRIMARY KEY("permit_id","manifest_id","period")
);
--> statement-breakpoint
CREATE TABLE "permit_uses" (
	"permit_id" uuid NOT NULL,
	"period" text NOT NULL,
	"reserved_grams" bigint NOT NULL,
	"used_grams" bigint NOT NULL,
	CONSTRAINT "permit_uses_permit_id_period_pk" PRIMARY KEY("permit_id","period")
);
--> statement-breakpoint
CREATE TABLE "projections" (
	"version" integer PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rules" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"rule" text NOT NULL,
	"jurisdiction" text NOT NULL,
	"stream" text NOT NULL,
	"parameters" jsonb NOT NULL,
	"steps" jsonb NOT NULL,
	"basis" text NOT NULL,
	"ours" boolean NOT NULL,
	"enabled" boolean NOT NULL,
	"in_force_from" text NOT NULL,
	"in_force_to" text
);
--> statement-breakpoint
CREATE TABLE "reports" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"site_id" uuid NOT NULL,
	"party_id" uuid NOT NULL,
	"region" text NOT NULL,
	"period" text NOT NULL,
	"period_type" text NOT NULL,
	"from_day" text NOT NULL,
	"to_day" text NOT NULL,
	"due_on" text NOT NULL,
	"figures" jsonb NOT NULL,
	"zero" boolean NOT NULL,
	"ledger_ordinal" bigint NOT NULL,
	"first_confirmed_at" timestamp with time zone NOT NULL,
	"confirmed_at" timestamp with time zone NOT NULL,
	CONSTRAINT "reports_period" UNIQUE("site_id","period")
);
--> statement-breakpoint
CREATE TABLE "trips" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"carrier_id" uuid NOT NULL,
	"plate" text NOT NULL,
	"driver_id" uuid,
	"started_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	"booked" jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "permits" DROP CONSTRAINT "permits_number";--> statement-breakpoint
ALTER TABLE "batches" ADD COLUMN "code" text;--> statement-breakpoint
ALTER TABLE "batches" ADD COLUMN "store_id" uuid;--> statement-breakpoint
ALTER TABLE "batches" ADD COLUMN "stored_by_id" uuid;--> statement-breakpoint
ALTER TABLE "batches" ADD COLUMN "container_id" uuid;--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "legs" jsonb DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "trip_id" uuid;--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "source" jsonb;--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "filled_by_id" uuid DEFAULT '00000000-0000-0000-0000-000000000000' NOT NULL;--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "entry_mode" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "follows_id" uuid;--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "remainders" jsonb DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "stored_site_id" uuid;--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "passed_regions" jsonb DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "incident" jsonb;--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "correction" jsonb;--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "correction_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "pickup_code_event_id" uuid;--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "pickup_code_expires_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "pickup_code_failures" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "pickup_confirmed_by" text;--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "permit_uses" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "paper_number" text;--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "paper_due_on" text;--> statement-breakpoint
ALTER TABLE "permits" ADD COLUMN "excluded_codes" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "permits" ADD COLUMN "areas" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "anomalies" ADD COLUMN "rule_row_id" uuid;--> statement-breakpoint
ALTER TABLE "anomalies" ADD COLUMN "began_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "anomalies" ADD COLUMN "ended_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "weigh_tickets" ADD COLUMN "trip_id" uuid;--> statement-breakpoint
CREATE UNIQUE INDEX "containers_batch" ON "containers" USING btree ("batch_id");--> statement-breakpoint
CREATE INDEX "containers_site" ON "containers" USING btree ("site_id","id");--> statement-breakpoint
CREATE INDEX "containers_parent" ON "containers" USING btree ("parent_id");--> statement-breakpoint
CREATE INDEX "containers_owner" ON "containers" USING btree ("owner_id","site_id","id");--> statement-breakpoint
CREATE INDEX "treatments_site" ON "treatments" USING btree ("site_id","id");--> statement-breakpoint
CREATE INDEX "treatments_ended" ON "treatments" USING btree ("site_id","ended_at");--> statement-breakpoint
CREATE INDEX "storage_moves_site" ON "storage_moves" USING btree ("site_id","id");--> statement-breakpoint
CREATE INDEX "storage_moves_register" ON "storage_moves" USING btree ("site_id","direction","moved_at","id");--> statement-breakpoint
CREATE INDEX "tenancies_site" ON "tenancies" USING btree ("site_id","tenant_id");--> statement-breakpoint
CREATE INDEX "tenancies_tenant" ON "tenancies" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "manifest_legs_plate" ON "manifest_legs" USING btree ("plate","started_at");--> statement-breakpoint
CREATE INDEX "delegations_agent" ON "delegations" USING btree ("agent_id","principal_id");--> statement-breakpoint
CREATE INDEX "delegations_principal" ON "delegations" USING btree ("principal_id");--> statement-breakpoint
CREATE INDEX "designations_party" ON "designations" USING btree ("party_id");--> statement-breakpoint
CREATE INDEX "designations_site" ON "designations" USING btree ("site_id");--> statement-breakpoint
CREATE INDEX "designations_type" ON "designations" USING btree ("type","stream","id");--> statement-breakpoint
CREATE INDEX "accounts_owner" ON "accounts" USING btree ("owner_id","role");--> statement-breakpoint
CREATE INDEX "batches_of_others" ON "batches" USING btree ("owner_id","site_id","id") WHERE owner_id <> party_id;--> statement-breakpoint
CREATE INDEX "manifests_trip" ON "manifests" USING btree ("trip_id") WHERE trip_id is not null;--> statement-breakpoint
CREATE INDEX "manifests_follows" ON "manifests" USING btree ("follows_id") WHERE follows_id is not null;--> statement-breakpoint
CREATE INDEX "sites_region" ON "sites" USING btree ("region","id");--> statement-breakpoint
CREATE UNIQUE INDEX "permits_number" ON "permits" USING btree ("type","number") WHERE not (type in ('contract', 'management_plan'));--> statement-breakpoint
CREATE UNIQUE INDEX "permits_holder_number" ON "permits" USING btree ("type","holder_id","number") WHERE type in ('contract', 'management_plan');--> statement-breakpoint
CREATE INDEX "anomalies_subject" ON "anomalies" USING btree ("subject_id","rule");--> statement-breakpoint
CREATE INDEX "anomalies_rule" ON "anomalies" USING btree ("rule","id");--> statement-breakpoint
CREATE INDEX "weigh_tickets_trip" ON "weigh_tickets" USING btree ("trip_id") WHERE trip_id is not null;--> statement-breakpoint
CREATE INDEX "weigh_tickets_reading" ON "weigh_tickets" USING btree ("site_id","gross_grams","tare_grams");--> statement-breakpoint
ALTER TABLE "manifests" ALTER COLUMN "legs" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "manifests" ALTER COLUMN "filled_by_id" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "manifests" ALTER COLUMN "entry_mode" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "manifests" ALTER COLUMN "remainders" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "manifests" ALTER COLUMN "passed_regions" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "manifests" ALTER COLUMN "correction_count" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "manifests" ALTER COLUMN "pickup_code_failures" DROP DEFAULT;
