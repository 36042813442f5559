import './simulator/referee.cases.ts';
import './simulator/history.cases.ts';
import './simulator/play.cases.ts';
import './simulator/weeks.cases.ts';
