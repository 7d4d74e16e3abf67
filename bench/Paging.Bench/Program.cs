using Paging.Bench;

return BenchCommand.Build().Parse(args).Invoke();
