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
CREATE INDEX "anomalies_subject" ON "anomalies" USING btree ("subject_id","rule");--> statement-breakpoint
CREATE INDEX "anomalies_rule" ON "anomalies" USING btree ("rule","id");--> statement-breakpoint
CREATE INDEX "weigh_tickets_reading" ON "weigh_tickets" USING btree ("site_id","gross_grams","tare_grams");