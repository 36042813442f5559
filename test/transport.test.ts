import './transport/tickets.cases.ts';
import './transport/trips.cases.ts';
import './transport/coordinates.cases.ts';
import './transport/crossings.cases.ts';
import './transport/fences.cases.ts';
import './transport/gate-passes.cases.ts';
import './transport/positions.cases.ts';
import './transport/observed-trips.cases.ts';
