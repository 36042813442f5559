import './walkthrough/readme.cases.ts';
