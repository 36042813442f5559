CREATE TABLE "fence_crossings" (
	"plate" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"site_id" uuid NOT NULL,
	"direction" text NOT NULL,
	"fence_id" uuid NOT NULL,
	"fence_version" integer NOT NULL,
	"kept_until" date NOT NULL,
	CONSTRAINT "fence_crossings_plate_at_site_id_direction_pk" PRIMARY KEY("plate","at","site_id","direction")
);
--> statement-breakpoint
CREATE TABLE "fences" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"site_id" uuid NOT NULL,
	"name" text,
	"stream" text NOT NULL,
	"source_crs" text NOT NULL,
	"shape" jsonb NOT NULL,
	"west_e7" integer NOT NULL,
	"south_e7" integer NOT NULL,
	"east_e7" integer NOT NULL,
	"north_e7" integer NOT NULL,
	"in_force_from" text NOT NULL,
	"in_force_to" text
);
--> statement-breakpoint
CREATE TABLE "gate_passes" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"site_id" uuid NOT NULL,
	"party_id" uuid NOT NULL,
	"device_id" uuid,
	"device_sequence" bigint,
	"direction" text NOT NULL,
	"plate" text NOT NULL,
	"manifest_id" uuid,
	"manifest_number" text,
	"volume_litres" integer,
	"photo_hash" text,
	"passed_at" timestamp with time zone NOT NULL,
	CONSTRAINT "gate_passes_sequence" UNIQUE("device_id","device_sequence")
);
--> statement-breakpoint
CREATE TABLE "observed_trips" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"status" text NOT NULL,
	"stream" text NOT NULL,
	"plate" text NOT NULL,
	"carrier_id" uuid,
	"from_site_id" uuid NOT NULL,
	"from_party_id" uuid NOT NULL,
	"from_region" text NOT NULL,
	"departed_at" timestamp with time zone NOT NULL,
	"to_site_id" uuid NOT NULL,
	"to_party_id" uuid NOT NULL,
	"to_region" text NOT NULL,
	"arrived_at" timestamp with time zone NOT NULL,
	"evidence" jsonb NOT NULL,
	"positions" integer NOT NULL,
	"track_hash" text,
	"manifest_id" uuid,
	"leg" smallint,
	"seconds_apart" integer,
	"observed_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "positions" (
	"at" timestamp with time zone NOT NULL,
	"device_id" uuid,
	"longitude_e7" integer NOT NULL,
	"latitude_e7" integer NOT NULL,
	"kept_until" date NOT NULL,
	"accuracy_metres" smallint,
	"speed_kmh" smallint,
	"heading_degrees" smallint,
	"plate" text NOT NULL,
	"crs" text NOT NULL,
	CONSTRAINT "positions_plate_at_pk" PRIMARY KEY("plate","at")
) PARTITION BY RANGE ("at");
--> statement-breakpoint
CREATE TABLE "sightings" (
	"device_id" uuid NOT NULL,
	"device_sequence" bigint NOT NULL,
	"seen_at" timestamp with time zone NOT NULL,
	"site_id" uuid NOT NULL,
	"plate" text NOT NULL,
	"confidence_permille" smallint,
	"evidence_hash" text,
	"kept_until" date NOT NULL,
	CONSTRAINT "sightings_device_id_device_sequence_seen_at_pk" PRIMARY KEY("device_id","device_sequence","seen_at")
) PARTITION BY RANGE ("seen_at");
--> statement-breakpoint
CREATE TABLE "track_marks" (
	"plate" text PRIMARY KEY NOT NULL,
	"from_at" timestamp with time zone NOT NULL,
	"to_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "waybills" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"carrier_id" uuid NOT NULL,
	"number" text NOT NULL,
	"plate" text NOT NULL,
	"trailer_plate" text,
	"driver_id" uuid,
	"escort_id" uuid,
	"goods" jsonb NOT NULL,
	"route_regions" jsonb NOT NULL,
	"manifest_numbers" jsonb NOT NULL,
	"departs_at" timestamp with time zone NOT NULL,
	"arrives_at" timestamp with time zone,
	"keep_until" text NOT NULL,
	CONSTRAINT "waybills_number" UNIQUE("carrier_id","number")
);
--> statement-breakpoint
ALTER TABLE "devices" ADD COLUMN "vehicle_id" uuid;--> statement-breakpoint
CREATE INDEX "fence_crossings_kept" ON "fence_crossings" USING brin ("kept_until");--> statement-breakpoint
CREATE INDEX "fences_site" ON "fences" USING btree ("site_id");--> statement-breakpoint
CREATE INDEX "fences_west" ON "fences" USING btree ("west_e7");--> statement-breakpoint
CREATE INDEX "gate_passes_site" ON "gate_passes" USING btree ("site_id","id");--> statement-breakpoint
CREATE INDEX "gate_passes_manifest" ON "gate_passes" USING btree ("manifest_id") WHERE manifest_id is not null;--> statement-breakpoint
CREATE INDEX "gate_passes_plate" ON "gate_passes" USING btree ("plate","passed_at");--> statement-breakpoint
CREATE INDEX "observed_trips_plate" ON "observed_trips" USING btree ("plate","departed_at");--> statement-breakpoint
CREATE INDEX "observed_trips_manifest" ON "observed_trips" USING btree ("manifest_id") WHERE manifest_id is not null;--> statement-breakpoint
CREATE INDEX "positions_kept" ON "positions" USING brin ("kept_until");--> statement-breakpoint
CREATE INDEX "sightings_plate" ON "sightings" USING btree ("plate","seen_at");--> statement-breakpoint
CREATE INDEX "sightings_kept" ON "sightings" USING brin ("kept_until");--> statement-breakpoint
CREATE INDEX "waybills_manifests" ON "waybills" USING gin ("manifest_numbers" jsonb_path_ops);--> statement-breakpoint
-- By hand from here on.
CREATE TABLE "positions_default" PARTITION OF "positions" DEFAULT;--> statement-breakpoint
CREATE TABLE "sightings_default" PARTITION OF "sightings" DEFAULT;--> statement-breakpoint
-- Bounds as text: of a month of UUIDv7, or of instants. Callers bind untyped parameters, so those of the old build find it too.
DROP FUNCTION ensure_partition(text, text, uuid, uuid);--> statement-breakpoint
CREATE FUNCTION ensure_partition(parent text, partition text, from_bound text, to_bound text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF to_regclass(partition) IS NOT NULL THEN RETURN false; END IF;
  PERFORM pg_advisory_xact_lock(hashtext('ensure_partition'));
  IF to_regclass(partition) IS NOT NULL THEN RETURN false; END IF;
  EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', partition, parent, from_bound, to_bound);
  -- Row triggers come with the parent, statement triggers do not.
  IF parent = 'custody_events' THEN
    EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', partition);
  END IF;
  RETURN true;
EXCEPTION WHEN check_violation OR duplicate_table THEN
  -- Another process made it just now, or rows of that month lie in the default partition already and stay there.
  RETURN false;
END $$;

--> statement-breakpoint
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