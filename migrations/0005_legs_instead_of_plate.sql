ALTER TABLE "manifests" DROP COLUMN "plate";--> statement-breakpoint
ALTER TABLE "manifests" DROP COLUMN "driver_id";--> statement-breakpoint
ALTER TABLE "manifests" DROP COLUMN "waybill_number";