CREATE TABLE "containers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"code" text NOT NULL,
	"packaging" text NOT NULL,
	"capacity_litres" integer,
	"tare_grams" bigint,
	"waste_code" text NOT NULL,
	"form" text NOT NULL,
	"hazards" jsonb NOT NULL,
	"label" jsonb NOT NULL,
	"unit_id" uuid NOT NULL,
	"owner_id" uuid NOT NULL,
	"state" text NOT NULL,
	"party_id" uuid NOT NULL,
	"site_id" uuid,
	"manifest_id" uuid,
	"region" text NOT NULL,
	"batch_id" uuid,
	"grams" bigint NOT NULL,
	"pieces" integer NOT NULL,
	"parent_id" uuid,
	"child_ids" jsonb NOT NULL,
	"contradictions" integer NOT NULL,
	"labelled_at" timestamp with time zone NOT NULL,
	CONSTRAINT "containers_code" UNIQUE("code")
);
--> statement-breakpoint
CREATE TABLE "storage_moves" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"direction" text NOT NULL,
	"code" text NOT NULL,
	"site_id" uuid NOT NULL,
	"store_id" uuid NOT NULL,
	"owner_id" uuid NOT NULL,
	"waste_code" text NOT NULL,
	"grams" bigint NOT NULL,
	"pieces" integer NOT NULL,
	"items" jsonb NOT NULL,
	"storekeeper_id" uuid,
	"mover_id" uuid,
	"destination" text,
	"moved_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "stores" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"site_id" uuid NOT NULL,
	"code" text NOT NULL,
	"type" text NOT NULL,
	"name" text,
	"capacity_grams" bigint,
	"shared" boolean NOT NULL,
	"active" boolean NOT NULL,
	CONSTRAINT "stores_code" UNIQUE("site_id","code")
);
--> statement-breakpoint
CREATE TABLE "tenancies" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"site_id" uuid NOT NULL,
	"store_id" uuid,
	"tenant_id" uuid NOT NULL,
	"valid_from" text NOT NULL,
	"valid_to" text
);
--> statement-breakpoint
ALTER TABLE "batches" ADD COLUMN "code" text;--> statement-breakpoint
ALTER TABLE "batches" ADD COLUMN "store_id" uuid;--> statement-breakpoint
ALTER TABLE "batches" ADD COLUMN "stored_by_id" uuid;--> statement-breakpoint
ALTER TABLE "batches" ADD COLUMN "container_id" uuid;--> statement-breakpoint
CREATE UNIQUE INDEX "containers_batch" ON "containers" USING btree ("batch_id");--> statement-breakpoint
CREATE INDEX "containers_site" ON "containers" USING btree ("site_id","id");--> statement-breakpoint
CREATE INDEX "containers_parent" ON "containers" USING btree ("parent_id");--> statement-breakpoint
CREATE INDEX "containers_owner" ON "containers" USING btree ("owner_id","site_id","id");--> statement-breakpoint
CREATE INDEX "storage_moves_site" ON "storage_moves" USING btree ("site_id","id");--> statement-breakpoint
CREATE INDEX "tenancies_site" ON "tenancies" USING btree ("site_id","tenant_id");--> statement-breakpoint
CREATE INDEX "tenancies_tenant" ON "tenancies" USING btree ("tenant_id");--> statement-breakpoint
CREATE INDEX "accounts_owner" ON "accounts" USING btree ("owner_id","role");--> statement-breakpoint
CREATE INDEX "batches_of_others" ON "batches" USING btree ("owner_id","site_id","id") WHERE owner_id <> party_id;