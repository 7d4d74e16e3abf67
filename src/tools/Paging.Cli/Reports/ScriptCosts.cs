using Paging.Core;
using Paging.Core.Files;
using Paging.Costs;
using Paging.Costs.Prices;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;

namespace Paging.Cli.Reports;

/// <summary>The ledger of one script: makes it with the engine, and puts the script's files and swap on its devices.</summary>
/// <param name="prices">The machine.</param>
internal sealed class ScriptCosts(PriceList prices)
{
    private readonly Dictionary<string, GuestFile> _files = new(StringComparer.Ordinal);
    private CostLedger? _ledger;

    /// <summary>True once the machine has made its engine.</summary>
    public bool HasEngine => _ledger is not null;

    /// <summary>The ledger.</summary>
    public CostLedger Ledger => _ledger ?? throw new InvalidOperationException("No engine has been made.");

    /// <summary>Adds the ledger's devices to the options of a machine.</summary>
    public EngineMachineOptions AddTo(EngineMachineOptions options) => options with
    {
        EngineMade = engine =>
        {
            _files.Clear();
            _ledger = new(engine, prices);
        },
        CreateFile = CreateFile,
        OpenSwap = options.OpenSwap is { } open ? () => Ledger.Time(open()) : null,
    };

    /// <summary>The machine with its calls reported to the ledger.</summary>
    /// <param name="inner">The machine that executes.</param>
    /// <param name="engine">The engine's machine, which it is or wraps.</param>
    public CostedMachine Around(IScenarioMachine inner, EngineMachine engine) =>
        new(inner, engine, () => Ledger, name => _files.GetValueOrDefault(name));

    private GuestFile CreateFile(string name, byte[] bytes) => _files[name] = Ledger.CreateFile(name, new MemoryBacking(bytes));
}
