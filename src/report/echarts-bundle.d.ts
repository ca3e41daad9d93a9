/** The one-file build of ECharts loads 20 times faster than its hundreds of modules, and ships without types of its own. */
declare module 'echarts/dist/echarts.esm.min.mjs' {
  export * from 'echarts';
}
