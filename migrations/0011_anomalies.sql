CREATE TABLE "sweeps" (
	"rule" text NOT NULL,
	"period" text NOT NULL,
	"begun_at" timestamp with time zone NOT NULL,
	CONSTRAINT "sweeps_rule_period_pk" PRIMARY KEY("rule","period")
);
