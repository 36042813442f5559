-- Before the first release: what is hashed is text, and is kept as text. Not a byte of it changes, and no trigger is gone round.
ALTER TABLE "custody_events" ALTER COLUMN "bytes" SET DATA TYPE text USING convert_from("bytes", 'UTF8');--> statement-breakpoint
ALTER TABLE "custody_events" RENAME COLUMN "bytes" TO "canonical";
