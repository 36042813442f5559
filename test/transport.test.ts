import './transport/tickets.cases.ts';
import './transport/trips.cases.ts';
