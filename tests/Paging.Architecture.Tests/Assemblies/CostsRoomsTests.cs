using System.Reflection;

namespace Paging.Architecture.Tests;

/// <summary>The rooms of Paging.Costs, the lowest first: a room may use itself and those before it.</summary>
public sealed class CostsRoomsTests : RoomsTests
{
    private const string Costs = "Paging.Costs";

    private static readonly Room[] Rooms =
    [
        new($"{Costs}.Hardware", "TLBs, paging-structure caches and walks: counts, no times."),
        new($"{Costs}.Devices", "The virtual clock's word, and devices with a queue."),
        new($"{Costs}.Prices", "Price lists."),
        new($"{Costs}.Fitting", "Prices from measured times."),
        new(Costs, "The ledger of an engine."),
    ];

    private static readonly RoomReader Reader = RoomReader.Read(Assembly.Load(Costs).Location, Rooms);

    public CostsRoomsTests() : base(Costs, Rooms, Reader, crossingCountMin: 5) { }
}
