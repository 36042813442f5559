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
CREATE INDEX "delegations_agent" ON "delegations" USING btree ("agent_id","principal_id");--> statement-breakpoint
CREATE INDEX "delegations_principal" ON "delegations" USING btree ("principal_id");--> statement-breakpoint
CREATE INDEX "designations_party" ON "designations" USING btree ("party_id");--> statement-breakpoint
CREATE INDEX "designations_site" ON "designations" USING btree ("site_id");--> statement-breakpoint
CREATE INDEX "designations_type" ON "designations" USING btree ("type","stream","id");--> statement-breakpoint
CREATE INDEX "sites_region" ON "sites" USING btree ("region","id");