using System.Diagnostics;
using System.Globalization;
using Paging.Core;
using Paging.Native;

namespace Paging.Fuzz;

/// <summary>The process in which the calls are made, so that a crash or a hang ends it and not the fuzzer.</summary>
/// <remarks><code>
///   api-child CHECKS PROGRESS run SEED SECONDS CALLS      sequence after sequence
///   api-child CHECKS PROGRESS replay SCRIPT               one sequence, printed call by call
/// </code></remarks>
internal static class ApiChild
{
    public const string Verb = "api-child";
    public const int SequenceLength = 150;

    private const int Neighbour = 0x5AFE;

    public static int Run(string[] arguments)
    {
        AppContext.SetData("Paging.Verification", arguments[0]);
        using ApiProgress progress = new(arguments[1]);
        return arguments[2] is "run"
            ? RunSeeds(progress, Parse(arguments[3]), TimeSpan.FromSeconds(Parse(arguments[4])), (long)Parse(arguments[5]))
            : Replay(arguments[3]);
    }

    private static ulong Parse(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);

    private static int RunSeeds(ApiProgress progress, ulong seed, TimeSpan duration, long callCountMax)
    {
        Stopwatch watch = Stopwatch.StartNew();
        using PagingEngine bystander = MakeBystander(out UserProcess resident);
        for (; watch.Elapsed < duration && progress.Total < callCountMax; seed++)
        {
            progress.CallCount = 0;
            progress.Seed = seed;
            using ApiRun run = new(seed);
            if (Execute(run, ApiRun.Script(seed, SequenceLength), progress) is not { } wrong) wrong = Look(bystander, resident);
            if (wrong is null) continue;
            Console.WriteLine(wrong);
            return ExitCode.Found;
        }

        progress.Seed = seed;
        return ExitCode.Clean;
    }

    /// <summary>An engine that no call is made on: the others must leave it alone.</summary>
    private static PagingEngine MakeBystander(out UserProcess resident)
    {
        PagingEngine engine = new(new() { RamBytes = 1 << 20, AttachedSpacesMax = 1, RequestHostHugePages = false });
        resident = engine.CreateProcess("bystander");
        resident.Memory.Map(new(0x2000_0000), 16 << 12, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _);
        for (uint page = 0; page < 16; page++) resident.Memory.Mmu.Write(new(0x2000_0000 + (page << 12)), Neighbour);
        return engine;
    }

    private static string? Look(PagingEngine bystander, UserProcess resident)
    {
        for (uint page = 0; page < 16; page++)
        {
            if (resident.Memory.Mmu.Read<int>(new(0x2000_0000 + (page << 12))) != Neighbour) return "another engine: a byte has changed";
        }

        AuditReport report = bystander.Audit();
        return report.IsClean ? null : $"another engine: {report}";
    }

    private static string? Execute(ApiRun run, List<ApiCall> script, ApiProgress? progress)
    {
        foreach (ApiCall call in script)
        {
            if (progress is not null)
            {
                progress.CallCount++;
                progress.Total++;
            }

            if (run.Execute(call) is { } wrong) return wrong;
        }

        return run.Finish();
    }

    private static int Replay(string path)
    {
        (ulong seed, List<ApiCall> script) = ApiScript.Read(path);
        using ApiRun run = new(seed)
        {
            Trace = static line =>
            {
                Console.WriteLine("  " + line);
                Console.Out.Flush();
            },
        };
        using PagingEngine bystander = MakeBystander(out UserProcess resident);
        string? wrong = Execute(run, script, progress: null) ?? Look(bystander, resident);
        if (wrong is not null) Console.WriteLine(wrong);
        return wrong is null ? ExitCode.Clean : ExitCode.Found;
    }
}
