CREATE TABLE "container_weighings" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"container_id" uuid NOT NULL,
	"stage" text NOT NULL,
	"mass_grams" bigint NOT NULL,
	"party_id" uuid NOT NULL,
	"device_id" uuid,
	"scale_division_grams" integer,
	"weighed_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "collections" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"status" text NOT NULL,
	"hub_id" uuid NOT NULL,
	"site_id" uuid NOT NULL,
	"box_id" uuid NOT NULL,
	"stream" text NOT NULL,
	"region" text NOT NULL,
	"carrier_id" uuid NOT NULL,
	"consignee_id" uuid NOT NULL,
	"consignee_site_id" uuid NOT NULL,
	"loads" jsonb NOT NULL,
	"filed_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "monthly_manifests" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"number" text NOT NULL,
	"stream" text NOT NULL,
	"month" text NOT NULL,
	"consignor_id" uuid NOT NULL,
	"site_id" uuid NOT NULL,
	"consignee_id" uuid NOT NULL,
	"consignee_site_id" uuid NOT NULL,
	"origin_region" text NOT NULL,
	"destination_region" text NOT NULL,
	"visits" jsonb NOT NULL,
	"drawn_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "containers" ADD COLUMN "closed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "stores" ADD COLUMN "temperature" text;--> statement-breakpoint
ALTER TABLE "sites" ADD COLUMN "beds" integer;--> statement-breakpoint
CREATE INDEX "container_weighings_container" ON "container_weighings" USING btree ("container_id","id");--> statement-breakpoint
CREATE INDEX "collections_box" ON "collections" USING btree ("box_id");--> statement-breakpoint
CREATE INDEX "manifests_visits" ON "manifests" USING btree ("consignor_site_id","stream","picked_up_at") WHERE picked_up_at is not null;