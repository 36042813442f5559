CREATE TABLE "permit_use_manifests" (
	"permit_id" uuid NOT NULL,
	"manifest_id" uuid NOT NULL,
	"period" text NOT NULL,
	"reserved_grams" bigint NOT NULL,
	"used_grams" bigint NOT NULL,
	CONSTRAINT "permit_use_manifests_permit_id_manifest_id_period_pk" PRIMARY KEY("permit_id","manifest_id","period")
);
--> statement-breakpoint
CREATE TABLE "permit_uses" (
	"permit_id" uuid NOT NULL,
	"period" text NOT NULL,
	"reserved_grams" bigint NOT NULL,
	"used_grams" bigint NOT NULL,
	CONSTRAINT "permit_uses_permit_id_period_pk" PRIMARY KEY("permit_id","period")
);
--> statement-breakpoint
ALTER TABLE "permits" DROP CONSTRAINT "permits_number";--> statement-breakpoint
ALTER TABLE "manifests" ADD COLUMN "permit_uses" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "permits" ADD COLUMN "excluded_codes" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "permits" ADD COLUMN "areas" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "permits_number" ON "permits" USING btree ("type","number") WHERE not (type in ('contract', 'management_plan'));--> statement-breakpoint
CREATE UNIQUE INDEX "permits_holder_number" ON "permits" USING btree ("type","holder_id","number") WHERE type in ('contract', 'management_plan');