CREATE TABLE "site_flows" (
	"site_id" uuid NOT NULL,
	"direction" text NOT NULL,
	"day" text NOT NULL,
	"waste_class" text NOT NULL,
	"method" text NOT NULL,
	"trips" bigint NOT NULL,
	"reserved_grams" bigint NOT NULL,
	"loaded_grams" bigint NOT NULL,
	"loaded_litres" bigint NOT NULL,
	"settled_grams" bigint NOT NULL,
	"density_grams" bigint NOT NULL,
	"accepted_grams" bigint NOT NULL,
	"accepted_litres" bigint NOT NULL,
	"refused_grams" bigint NOT NULL,
	CONSTRAINT "site_flows_site_id_direction_day_waste_class_method_pk" PRIMARY KEY("site_id","direction","day","waste_class","method")
);
--> statement-breakpoint
CREATE TABLE "projects" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"number" text NOT NULL,
	"name" text NOT NULL,
	"site_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"small_works" text,
	"developer" text,
	"contractor" text,
	"floor_area_square_metres" integer,
	"starts_on" text NOT NULL,
	"ends_on" text,
	"works_ended_at" timestamp with time zone,
	"cleared_at" timestamp with time zone,
	CONSTRAINT "projects_number" UNIQUE("number"),
	CONSTRAINT "projects_site" UNIQUE("site_id")
);
--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "project_id" uuid;--> statement-breakpoint
ALTER TABLE "vehicles" ADD COLUMN "box_litres" integer;--> statement-breakpoint
ALTER TABLE "permits" ADD COLUMN "cap_volume" jsonb;--> statement-breakpoint
CREATE INDEX "manifests_project" ON "manifests" USING btree ("project_id","id") WHERE project_id is not null;--> statement-breakpoint
CREATE INDEX "manifests_project_left" ON "manifests" USING btree ("project_id","picked_up_at","id") WHERE project_id is not null;--> statement-breakpoint
CREATE INDEX "manifests_haulier_left" ON "manifests" USING btree ("carrier_id","picked_up_at","id") WHERE project_id is not null;