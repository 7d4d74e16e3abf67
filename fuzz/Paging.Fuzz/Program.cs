using System.CommandLine;
using Paging.Fuzz;

if (args is [ApiChild.Verb, .. string[] rest]) return ApiChild.Run(rest);

return new FuzzCommand().Build(static options =>
{
    // Before the engine's first type is loaded: the level is decided once in a process.
    AppContext.SetData("Paging.Verification", options.Verification.ToString());
    return TargetTable.Find(options.Target).Run(options, Console.Out);
}).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null }) switch
{
    { Errors: [{ } first, ..] } => Refuse(first.Message),
    { } parsed => parsed.Invoke(new InvocationConfiguration { ProcessTerminationTimeout = null }),
};

static int Refuse(string message)
{
    Console.Error.WriteLine($"fuzz: {message.ReplaceLineEndings(" ")} (see --help)");
    return ExitCode.Unusable;
}
