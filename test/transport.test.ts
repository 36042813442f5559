import './transport/tickets.cases.ts';
