CREATE TABLE "official_file_chunks" (
	"file_id" uuid NOT NULL,
	"nth" integer NOT NULL,
	"content" "bytea" NOT NULL,
	CONSTRAINT "official_file_chunks_file_id_nth_pk" PRIMARY KEY("file_id","nth")
);
--> statement-breakpoint
CREATE TABLE "official_imports" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"owner_id" uuid NOT NULL,
	"system" text NOT NULL,
	"kind" text NOT NULL,
	"sha256" text NOT NULL,
	"bytes" bigint NOT NULL,
	"format" text NOT NULL,
	"encoding" text NOT NULL,
	"mapping" text NOT NULL,
	"file_id" uuid NOT NULL,
	"columns" jsonb NOT NULL,
	"unknown_columns" jsonb NOT NULL,
	"counts" jsonb,
	"received_at" timestamp with time zone NOT NULL,
	CONSTRAINT "official_imports_file" UNIQUE("owner_id","system","kind","sha256")
);
--> statement-breakpoint
CREATE TABLE "official_parties" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"owner_id" uuid NOT NULL,
	"decision" text NOT NULL,
	"party_id" uuid,
	"adopted" jsonb NOT NULL,
	"decided_by_id" uuid NOT NULL,
	"decided_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "official_record_versions" (
	"record_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"import_id" uuid NOT NULL,
	"row_number" integer NOT NULL,
	"raw" jsonb NOT NULL,
	"fields" jsonb NOT NULL,
	CONSTRAINT "official_record_versions_record_id_version_pk" PRIMARY KEY("record_id","version")
);
--> statement-breakpoint
CREATE TABLE "official_records" (
	"id" uuid PRIMARY KEY NOT NULL,
	"owner_id" uuid NOT NULL,
	"system" text NOT NULL,
	"kind" text NOT NULL,
	"key" text NOT NULL,
	"number" text,
	"version" integer NOT NULL,
	"import_id" uuid NOT NULL,
	"row_number" integer NOT NULL,
	"seen_import_id" uuid NOT NULL,
	"content_hash" "bytea" NOT NULL,
	"raw" jsonb NOT NULL,
	"fields" jsonb NOT NULL,
	"state" text NOT NULL,
	"subject_id" uuid,
	"candidates" jsonb NOT NULL,
	"differences" jsonb NOT NULL,
	"matched_at" timestamp with time zone NOT NULL,
	CONSTRAINT "official_records_key" UNIQUE("owner_id","system","kind","key")
);
--> statement-breakpoint
CREATE TABLE "official_row_errors" (
	"import_id" uuid NOT NULL,
	"row_number" integer NOT NULL,
	"cell" integer NOT NULL,
	"title" text NOT NULL,
	"code" text NOT NULL,
	"given" text NOT NULL,
	CONSTRAINT "official_row_errors_import_id_row_number_cell_pk" PRIMARY KEY("import_id","row_number","cell")
);
--> statement-breakpoint
CREATE TABLE "received_manifests" (
	"id" uuid PRIMARY KEY NOT NULL,
	"source_id" uuid NOT NULL,
	"key_id" uuid,
	"manifest_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"stream" text NOT NULL,
	"status" text NOT NULL,
	"number" text NOT NULL,
	"official_number" text,
	"origin_region" text NOT NULL,
	"destination_region" text NOT NULL,
	"record" jsonb NOT NULL,
	"content_hash" "bytea" NOT NULL,
	"first_received_at" timestamp with time zone NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	CONSTRAINT "received_manifests_source" UNIQUE("source_id","manifest_id")
);
--> statement-breakpoint
CREATE TABLE "upstream_pushes" (
	"manifest_id" uuid PRIMARY KEY NOT NULL,
	"version" integer NOT NULL,
	"state" text NOT NULL,
	"problem" jsonb,
	"answered_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
DROP INDEX "manifests_official";--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "official_records" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
CREATE INDEX "official_imports_owner" ON "official_imports" USING btree ("owner_id","id");--> statement-breakpoint
CREATE INDEX "official_records_state" ON "official_records" USING btree ("owner_id","kind","state","id");--> statement-breakpoint
CREATE INDEX "official_records_parties" ON "official_records" USING btree ("state","id") WHERE kind = 'parties';--> statement-breakpoint
CREATE INDEX "official_records_seen" ON "official_records" USING btree ("seen_import_id","id");--> statement-breakpoint
CREATE INDEX "official_records_number" ON "official_records" USING btree ("system","number") WHERE number is not null;--> statement-breakpoint
CREATE INDEX "official_records_open" ON "official_records" USING btree ("matched_at") WHERE state in ('missing_here', 'candidate', 'differs');--> statement-breakpoint
CREATE INDEX "received_manifests_origin" ON "received_manifests" USING btree ("origin_region","stream","id");--> statement-breakpoint
CREATE INDEX "received_manifests_destination" ON "received_manifests" USING btree ("destination_region","stream","id");--> statement-breakpoint
CREATE INDEX "received_manifests_number" ON "received_manifests" USING btree ("number");--> statement-breakpoint
CREATE INDEX "upstream_pushes_parked" ON "upstream_pushes" USING btree ("manifest_id") WHERE state = 'parked';--> statement-breakpoint
CREATE INDEX "manifests_official_records" ON "manifests" USING gin ("official_records" jsonb_path_ops) WHERE official_number is not null;--> statement-breakpoint
-- By hand from here on.
-- 单位名称, as far as it tells one party from another: width, brackets, spaces, points and the two ways to write a limited company do not.
CREATE FUNCTION plain_party_name(name text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN replace(translate(lower(normalize(name, NFKC)), E' \t·•.,''"“”()[]【】〔〕', ''), '有限责任公司', '有限公司');--> statement-breakpoint
CREATE INDEX "parties_plain_name" ON "parties" USING btree (plain_party_name("name"));
