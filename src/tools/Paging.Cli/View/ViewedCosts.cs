using Paging.Cli.Reports;
using Paging.Costs;
using Paging.Costs.Prices;
using Paging.Pictures.Snapshots;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.View;

namespace Paging.Cli.View;

/// <summary>The time of a viewed script on a machine of a price list.</summary>
internal sealed class ViewedCosts(PriceList prices) : IViewedCosts
{
    private readonly ScriptCosts _costs = new(prices);

    public IReadOnlyList<CounterView> Counters => _costs.HasEngine ? Of(_costs.Ledger) : [];

    public EngineMachineOptions AddTo(EngineMachineOptions options) => _costs.AddTo(options);

    public IScenarioMachine Around(EngineMachine machine) => _costs.Around(machine, machine);

    /// <summary>The sums of a ledger as counters: the panel shows each with what the last step has added.</summary>
    public static IReadOnlyList<CounterView> Of(CostLedger ledger)
    {
        string group = $"Time on {ledger.Prices.Name}";
        return
        [
            new(group, "virtual clock, ns", ledger.End.Nanoseconds),
            .. Enum.GetValues<CostCause>().Select(cause => new CounterView(group, $"{CostCauses.NameOf(cause)}, ns",
                ledger.TotalOf(cause).Nanoseconds)),
        ];
    }
}
