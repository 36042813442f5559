import './registers/parties.cases.ts';
