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
CREATE INDEX "treatments_site" ON "treatments" USING btree ("site_id","id");--> statement-breakpoint
CREATE INDEX "treatments_ended" ON "treatments" USING btree ("site_id","ended_at");