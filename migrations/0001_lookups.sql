-- Rows that exist are of the one stream there was.
ALTER TABLE "audience" ADD COLUMN "stream" text NOT NULL DEFAULT 'hazardous';--> statement-breakpoint
ALTER TABLE "audience" ALTER COLUMN "stream" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "audience" DROP CONSTRAINT "audience_scope_kind_stage_id_pk";--> statement-breakpoint
ALTER TABLE "audience" ADD CONSTRAINT "audience_scope_kind_stage_stream_id_pk" PRIMARY KEY("scope","kind","stage","stream","id");--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "picked_up_event_id" uuid;--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "received_event_id" uuid;--> statement-breakpoint
CREATE INDEX "batches_site" ON "batches" USING btree ("site_id","id");--> statement-breakpoint
CREATE INDEX "api_keys_party" ON "api_keys" USING btree ("party_id");--> statement-breakpoint
CREATE INDEX "people_party" ON "people" USING btree ("party_id");--> statement-breakpoint
CREATE INDEX "sites_party" ON "sites" USING btree ("party_id");--> statement-breakpoint
CREATE INDEX "vehicles_party" ON "vehicles" USING btree ("party_id");--> statement-breakpoint
CREATE INDEX "permits_holder" ON "permits" USING btree ("holder_id","type");--> statement-breakpoint
CREATE INDEX "permits_counterpart" ON "permits" USING btree ("counterpart_id");--> statement-breakpoint
ALTER TABLE "people" DROP COLUMN "details_event_id";