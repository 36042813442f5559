import './projects/loads.cases.ts';
