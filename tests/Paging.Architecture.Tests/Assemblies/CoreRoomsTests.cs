using Paging.Core;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>
/// The rooms of Paging.Core, the lowest first: a room may use itself and those before it. docs/ARCHITECTURE.md has their list.
/// </summary>
public sealed class CoreRoomsTests : RoomsTests
{
    private const string Core = "Paging.Core";

    private static readonly Room[] Rooms = [.. ReadRooms()];

    private static readonly RoomReader Reader = RoomReader.Read(Assemblies.Core.Location, Rooms);

    public CoreRoomsTests() : base(Core, Rooms, Reader, crossingCountMin: 200) { }

    /// <summary>Parts are given what they need, by type. The engine is handed to none of them.</summary>
    [Fact]
    public void NoPartTakesTheWholeEngine()
    {
        Type engine = typeof(Paging.Core.PagingEngine);
        // The engine's public members by subject, as engine.Swap.
        string[] subjects = [.. engine.GetProperties().Select(static property => property.PropertyType)
            .Where(static type => type.Namespace is Core).Select(static type => type.Name + ".")];
        Assert.DoesNotContain(TakersOf(Assemblies.Core, engine).Concat(HoldersOf(Assemblies.Core, engine)),
            taker => !subjects.Any(subject => taker.StartsWith(subject, StringComparison.Ordinal)));
    }

    /// <summary>The rows of the document's table, the last one first.</summary>
    /// <remarks>
    /// The root has two: what an embedder says about an engine before there is one lies below Composition. Internal in the upper one are
    /// ProcessTable, KeptProcess and OutOfMemory, which are about UserProcess, and GuestMemoryStream, made of Mmu's calls.
    /// </remarks>
    private static IEnumerable<Room> ReadRooms()
    {
        string document = Repository.Read("docs/ARCHITECTURE.md");
        int from = document.IndexOf("## The rooms of Paging.Core", StringComparison.Ordinal);
        string section = document[from..document.IndexOf("\n## ", from + 1, StringComparison.Ordinal)];
        foreach (string[] row in section.Split('\n').Where(static line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(static line => line.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Reverse())
        {
            string name = row[0].Trim('`');
            if (name is $"{Core}.Composition") yield return new(Core, "What an embedder says before there is an engine.", "EngineOptions");
            yield return new(name, row[1]);
        }
    }
}
