-- What existing rows get here is filled in when the service starts: it rebuilds projections made by an older reading of the events.
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
CREATE TABLE "projections" (
	"version" integer PRIMARY KEY NOT NULL
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
ALTER TABLE "manifests" ADD COLUMN "paper_number" text;--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "paper_due_on" text;--> statement-breakpoint
ALTER TABLE "weigh_tickets" ADD COLUMN "trip_id" uuid;--> statement-breakpoint
CREATE INDEX "manifest_legs_plate" ON "manifest_legs" USING btree ("plate","started_at");--> statement-breakpoint
CREATE INDEX "manifests_trip" ON "manifests" USING btree ("trip_id") WHERE trip_id is not null;--> statement-breakpoint
CREATE INDEX "manifests_follows" ON "manifests" USING btree ("follows_id") WHERE follows_id is not null;--> statement-breakpoint
CREATE INDEX "weigh_tickets_trip" ON "weigh_tickets" USING btree ("trip_id") WHERE trip_id is not null;--> statement-breakpoint
ALTER TABLE "manifests" ALTER COLUMN "legs" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "manifests" ALTER COLUMN "filled_by_id" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "manifests" ALTER COLUMN "entry_mode" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "manifests" ALTER COLUMN "remainders" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "manifests" ALTER COLUMN "passed_regions" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "manifests" ALTER COLUMN "correction_count" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "manifests" ALTER COLUMN "pickup_code_failures" DROP DEFAULT;
