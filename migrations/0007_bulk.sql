CREATE SEQUENCE "public"."bulk_turns" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
CREATE TABLE "bulk_chunks" (
	"bulk_id" uuid NOT NULL,
	"first_line" integer NOT NULL,
	"lines" text NOT NULL,
	"overlong" integer[] NOT NULL,
	"results" text,
	CONSTRAINT "bulk_chunks_bulk_id_first_line_pk" PRIMARY KEY("bulk_id","first_line")
);
--> statement-breakpoint
CREATE TABLE "bulks" (
	"id" uuid PRIMARY KEY NOT NULL,
	"party_id" uuid NOT NULL,
	"key_id" uuid NOT NULL,
	"key" text,
	"content_hash" "bytea",
	"format" text NOT NULL,
	"on_error" text NOT NULL,
	"state" text NOT NULL,
	"bytes" bigint NOT NULL,
	"lines" integer NOT NULL,
	"done" integer NOT NULL,
	"succeeded" integer NOT NULL,
	"turn" bigint DEFAULT nextval('bulk_turns') NOT NULL,
	"leased_until" timestamp with time zone,
	"received_at" timestamp with time zone NOT NULL,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "bulk_chunks" ADD CONSTRAINT "bulk_chunks_bulk_id_bulks_id_fk" FOREIGN KEY ("bulk_id") REFERENCES "public"."bulks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "bulk_chunks_waiting" ON "bulk_chunks" USING btree ("bulk_id","first_line") WHERE results is null;--> statement-breakpoint
CREATE UNIQUE INDEX "bulks_key" ON "bulks" USING btree ("party_id","key");--> statement-breakpoint
CREATE INDEX "bulks_of_party" ON "bulks" USING btree ("party_id","id");--> statement-breakpoint
CREATE INDEX "bulks_open" ON "bulks" USING btree ("turn") WHERE state in ('waiting', 'running');--> statement-breakpoint
CREATE INDEX "manifests_issued" ON "manifests" USING btree ("consignor_site_id") WHERE status = 'issued';