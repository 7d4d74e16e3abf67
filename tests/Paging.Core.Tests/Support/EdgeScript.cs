using System.Globalization;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.Testing.Generating;
using Paging.Testing.Lockstep;
using Paging.Testing.World;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Engine and reference model side by side: a setting that is made anew for each call, the call, and its effects.</summary>
/// <remarks>
/// For calls with every argument at its limits: thousands of them, each from the same state, so that a failure names one call. Calls that
/// the dialect leaves open are skipped. Processes are numbered anew in each text: the first <c>fork()</c> of it makes <c>[1]</c>. Each is
/// examined at the end, its parent before it, and once more when it is gone.
/// </remarks>
internal sealed class EdgeScript : IDisposable
{
    /// <summary>The usual setting: two pages of heap, and areas of each kind with holes between some of them.</summary>
    /// <remarks><code>
    ///   0x20000000   0 1 2 3 │ . . │ 6 7 │ 8 9 a │ b c d e │ f 10 │ 11 12 │ . │ 14 15 │ . │ 17 │ … │ 200 201
    ///                private       read   shared   a file:    its    its        locked      none    grows
    ///                rw, 1 written only  anonymous b is page 1 ro view private
    /// </code>The file has three pages and a part of a fourth: page d is its last one, and e lies beyond.</remarks>
    public const string AreasOfEachKind = """
        rlimit(RLIMIT_AS, RLIM_INFINITY)
        rlimit(RLIMIT_DATA, RLIM_INFINITY)
        rlimit(RLIMIT_STACK, 0x800000)
        rlimit(RLIMIT_MEMLOCK, 0x800000)
        munlockall()
        munmap(0x10000, 0xbffe0000)
        brk(0x0804a000)
        close(3)
        close(4)
        close(5)
        open("A", 13000, 3)
        openro("A", 0, 0)
        openwo("A", 0, 0)
        ftruncate(3, 13000)
        brk(0x0804c000)
        mmap(0x20000000, 0x4000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        store(0x20001000, 7)
        mmap(0x20006000, 0x2000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        mmap(0x20008000, 0x3000, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        mmap(0x2000b000, 0x4000, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, 3, 0x1000)
        mmap(0x2000f000, 0x2000, PROT_READ, MAP_SHARED|MAP_FIXED, 4, 0)
        mmap(0x20011000, 0x2000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, 3, 0)
        store(0x20012000, 9)
        mmap(0x20014000, 0x2000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_LOCKED, -1, 0)
        mmap(0x20017000, 0x1000, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
        mmap(0x20200000, 0x2000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_GROWSDOWN, -1, 0)
        """;

    /// <summary>Every area, the totals, the break, and which pages are the process's own.</summary>
    public const string AreasAndPages = """
        maps(0, 0xc0000000)
        vm()
        brk(0)
        pagemap(0x20000000, 0x20018000)
        """;

    private const int AuditInterval = 64;

    private readonly LockstepMachines _machines;
    private readonly ScenarioCall[] _before, _after;
    private readonly List<int> _live = [];    // the processes of the text that have not ended
    private int _processCount = 1;

    /// <param name="before">The calls that make the setting, from anything that a call can have left.</param>
    /// <param name="after">The questions asked afterwards.</param>
    /// <param name="header">Where the process begins.</param>
    /// <param name="engine">The options of the engine and the model.</param>
    public EdgeScript(
        string before = AreasOfEachKind, string after = AreasAndPages, ScenarioHeader? header = null, EngineOptions? engine = null)
    {
        (_before, _after) = (Parse(before), Parse(after));
        LockstepOptions options = new(MachineSet.Model);
        _machines = new(engine is null ? options : options with { Engine = engine }, header ?? ScenarioHeader.Default);
    }

    /// <summary>How many settings were tried.</summary>
    public int TriedCount { get; private set; }

    /// <summary>How many of the calls have succeeded.</summary>
    public int SucceededCount { get; private set; }

    /// <summary>Makes the setting, makes the calls, one a line, and asks.</summary>
    public void Try(FormattableString calls) => Try(calls.ToString(CultureInfo.InvariantCulture));

    public void Try(string text)
    {
        ScenarioCall[] tried = Parse(text);
        _live.Clear();
        _live.Add(0);
        foreach (ScenarioCall call in _before) Execute(call, text);
        int ended = _processCount - 1;    // the number of the first process that the text makes is one more
        bool isWhole = Array.TrueForAll(tried, call => MayTry(call with { Process = call.Process == 0 ? 0 : ended + call.Process }, text));
        if (isWhole) Ask(text);
        for (int child = _live.Count - 1; child > 0; child--)
        {
            Execute(new(CallName.Exit, _live[child], 1), text);
            if (isWhole) Ask(text);
        }

        if (isWhole && TriedCount++ % AuditInterval == 0 && _machines.Audit(tried[^1]) is { } found) Assert.Fail($"{text}: {found}");
    }

    /// <summary>Ends the process, of which nothing may be left. If fewer calls have succeeded, the setting is not what it was.</summary>
    public void Finish(int succeededMin)
    {
        Assert.InRange(SucceededCount, succeededMin, int.MaxValue);
        if (_machines.Finish(_after[^1]) is { } left) Assert.Fail(left.ToString());
    }

    public void Dispose() => _machines.Dispose();

    private bool MayTry(in ScenarioCall call, string text)
    {
        if (call.Name != CallName.Fork && DialectLimits.Of(_machines.World, call) != DialectLimit.None) return false;
        if (Execute(call, text).Kind is not (CallResultKind.Error or CallResultKind.Signal)) SucceededCount++;
        return true;
    }

    private void Ask(string text)
    {
        foreach (int process in _live.ToArray())
            foreach (ScenarioCall call in _after) Execute(call with { Process = process }, text);
    }

    private static ScenarioCall[] Parse(string text) =>
        [.. text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(ScenarioParser.ParseCall)];

    private ScriptResult Execute(in ScenarioCall call, string tried)
    {
        if (_machines.Execute(call, out ScriptResult result) is { } failure) Assert.Fail($"{tried}: {failure}");
        if (call.Name == CallName.Exit) _live.Remove(call.Process);
        if (call.Name == CallName.Fork && result.Kind == CallResultKind.Number) _live.Add(_processCount++);
        return result;
    }
}
