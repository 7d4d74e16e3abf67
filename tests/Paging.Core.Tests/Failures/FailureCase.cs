using System.Globalization;
using System.Text;

namespace Paging.Core.Tests;

/// <summary>One operation, tried with its first, second, third … allocation refused until none is.</summary>
/// <param name="Name">The name of the operation.</param>
/// <param name="Prepare">Makes the world in which it happens.</param>
/// <param name="Act">Does it, once or again, and returns the result: an error, a fault, or <c>None</c>.</param>
/// <param name="Failures">Allowed results when an allocation was refused. <c>None</c> where it succeeds with less memory.</param>
/// <param name="ChangesAreas">A refusal may leave areas split, or a range unmapped; otherwise nothing has changed.</param>
internal sealed record FailureCase(string Name, Action<World> Prepare, Func<World, string> Act, string Failures, bool ChangesAreas = false)
{
    /// <summary>The engine; small, as an audit looks at every frame.</summary>
    public EngineOptions Options { get; init; } = World.Options(2);

    public override string ToString() => Name;

    /// <summary>The state that a refusal must not change: areas, pages and their bytes, of every process, and the counters.</summary>
    public static string Describe(World world)
    {
        StringBuilder text = new();
        foreach (UserProcess process in world.Engine.Processes)
        {
            text.Append(CultureInfo.InvariantCulture, $"{process.Id}: {World.AreasOf(process)}\n");
            for (int page = 0; page < 64; page++)
            {
                if (!process.Memory.HasOwnPage(World.At(page).Page)) continue;
                _ = process.Memory.Mmu.TryReadAsSupervisor(World.At(page), out byte value, out _);
                text.Append(CultureInfo.InvariantCulture, $"{page} = {value}, ");
            }

            MemoryUsage usage = process.Memory.Usage;
            text.Append(CultureInfo.InvariantCulture,
                $"{usage.Total} {usage.Data} {usage.Stack} {usage.Locked} break {process.Memory.Break}\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"committed {world.Machine.Commitment.Committed}").ToString();
    }
}
