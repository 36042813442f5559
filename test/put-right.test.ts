// By itself: it moves the clock over weeks and into another year, and the rules are those that are shipped.
import './reconciliation/put-right.cases.ts';
