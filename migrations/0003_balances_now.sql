-- What an account holds now stands on the account itself: the sum of its months.
ALTER TABLE "accounts" ADD COLUMN "grams" bigint NOT NULL DEFAULT 0;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "pieces" integer NOT NULL DEFAULT 0;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "dry_grams" bigint NOT NULL DEFAULT 0;--> statement-breakpoint
UPDATE "accounts" a SET grams = m.grams, pieces = m.pieces, dry_grams = m.dry_grams
  FROM (SELECT account_id, sum(grams) AS grams, sum(pieces) AS pieces, sum(dry_grams) AS dry_grams FROM "monthly_balances" GROUP BY 1) m WHERE m.account_id = a.id;--> statement-breakpoint
ALTER TABLE "accounts" ALTER COLUMN "grams" DROP DEFAULT, ALTER COLUMN "pieces" DROP DEFAULT, ALTER COLUMN "dry_grams" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "accounts" SET (fillfactor = 80);--> statement-breakpoint
-- A rare end of a manifest is a stage of its own, so that its list is as long as its rows.
UPDATE "audience" a SET stage = 'void' FROM "manifests" m WHERE a.kind = 'manifest' AND a.stage = 'closed' AND m.id = a.id AND m.status = 'void';
