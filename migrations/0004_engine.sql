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
ALTER TABLE "anomalies" ADD COLUMN "rule_row_id" uuid;--> statement-breakpoint
ALTER TABLE "anomalies" ADD COLUMN "began_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "anomalies" ADD COLUMN "ended_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "manifest_legs_plate" ON "manifest_legs" USING btree ("plate","started_at");--> statement-breakpoint
CREATE INDEX "anomalies_subject" ON "anomalies" USING btree ("subject_id","rule");--> statement-breakpoint
CREATE INDEX "anomalies_rule" ON "anomalies" USING btree ("rule","id");--> statement-breakpoint
CREATE INDEX "weigh_tickets_reading" ON "weigh_tickets" USING btree ("site_id","gross_grams","tare_grams");--> statement-breakpoint
INSERT INTO "manifest_legs" (manifest_id, leg, carrier_id, plate, started_at, ended_at)
SELECT id, 1, carrier_id, plate, picked_up_at, arrived_at FROM "manifests" WHERE picked_up_at IS NOT NULL;--> statement-breakpoint
UPDATE "anomalies" SET finding = jsonb_set(finding, '{tolerance}',
  (finding->'tolerance') - 'grams' || jsonb_build_object('value', finding->'tolerance'->'grams', 'unit', 'grams'))
WHERE finding->'tolerance' ? 'grams';
