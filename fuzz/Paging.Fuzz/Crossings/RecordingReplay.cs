using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.Scripting.Parsing;
using Paging.Scripting.Running;

namespace Paging.Fuzz;

/// <summary>A recording, executed by an engine alone and with companions: no result may differ.</summary>
internal sealed class RecordingReplay
{
    private const ulong RamBytes = 16 << 20, HugeRamBytes = 96 << 20, PageFileBytes = 256 << 20;
    private const int PlaceCountMax = 4;

    private readonly List<ScriptResult> _alone = [];
    private readonly List<VirtualAddress> _places = [];

    /// <summary>Executes the recording alone.</summary>
    public RecordingReplay(ScenarioDocument document)
    {
        Document = document;
        using Company machine = MakeMachine([]);
        document.Start.Begin(machine);
        foreach (ScenarioLine line in Calls)
        {
            ScriptResult result = machine.Execute(line.Call);
            _alone.Add(result);
            if (result.Kind == CallResultKind.Unsupported) break;
            if (result.Kind == CallResultKind.Address && line.Call.Name == CallName.Mmap && _places.Count < PlaceCountMax)
                _places.Add(new((uint)result.Value));
        }
    }

    /// <summary>The recording.</summary>
    public ScenarioDocument Document { get; }

    private bool IsOfLinux => Document.Dialect == ScenarioDialect.Linux;

    private IEnumerable<ScenarioLine> Calls => Document.Lines.Where(static line => line.Kind == ScenarioLineKind.Call);

    /// <summary>True if the companions have a meaning for scenarios of this system.</summary>
    public bool CanHave(Companion companion) => IsOfLinux || companion.IsForWindows;

    /// <summary>Executes the recording with companions, up to the first difference, or beyond one that is named.</summary>
    /// <param name="companions">The features.</param>
    /// <param name="audits">True to audit after each call, false to audit at the end.</param>
    public CompanyOutcome Run(IReadOnlyList<Companion> companions, bool audits = false)
    {
        ScenarioLine? last = null;
        try
        {
            using Company machine = MakeMachine(companions);
            CompanyDifference? seen = null;
            CompanyOutcome Differs(ScenarioLine line, string actual, string cause) =>
                new(machine.CallCount, new(line, actual, cause), machine.Refusals);
            Document.Start.Begin(machine);
            int index = 0;
            foreach (ScenarioLine line in Calls)
            {
                last = line;
                if (index == _alone.Count) break;
                ScriptResult result = machine.Execute(line.Call), expected = _alone[index++];
                if (expected.Kind == CallResultKind.Unsupported) break;
                if (!expected.Agrees(in result))
                {
                    CompanyOutcome found = Differs(line, result.ToString(), NamedDifference.CauseOf(line.Call, in expected, in result));
                    bool isNamed = companions.Any(companion => NamedDifference.Find(companion, found.Difference!.Cause) is not null);
                    bool goesOn = isNamed && IsOfLinux && NamedDifference.OnlyLooks(line.Call);
                    if (!goesOn) return found;    // later results depend on what the call has not done
                    seen ??= found.Difference;
                }

                if (audits && machine.AuditNow() is { } broken) return Differs(line, broken, "audit " + RuleOf(broken));
            }

            return machine.AuditNow() is { } finding && last is not null ? Differs(last, finding, "audit " + RuleOf(finding))
                : new(machine.CallCount, seen, machine.Refusals);
        }
        catch (Exception exception) when (Defect.Is(exception))
        {
            return new(0, new(last, Defect.Describe(exception), "exception " + exception.GetType().Name), []);
        }
    }

    /// <summary>What the recording expects at a line, as the engine answers when it is alone.</summary>
    public string AloneAt(ScenarioLine line)
    {
        int index = Calls.TakeWhile(other => other != line).Count();
        return index < _alone.Count ? _alone[index].ToString() : "";
    }

    private Company MakeMachine(IReadOnlyList<Companion> companions) => IsOfLinux
        ? new Company(companions, new EngineMachineOptions { RamBytes = RamBytes, HugeRamBytesMin = HugeRamBytes }) { Places = _places }
        : new Company(companions, static options =>
        {
            PagingEngine engine = new(options);
            _ = engine.Swap.SwitchOn(new MemorySwapStore(PageFileBytes, "pagefile.sys"), out _);
            return engine;
        });

    private static string RuleOf(string finding) => finding.Split(':')[0];
}
