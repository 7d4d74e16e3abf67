using System.Reflection;

namespace Paging.Architecture.Tests;

/// <summary>The rooms of Paging.ReferenceModel, the lowest first: a room may use itself and those before it.</summary>
public sealed class ReferenceModelRoomsTests : RoomsTests
{
    private const string Model = "Paging.ReferenceModel";

    private static readonly Room[] Rooms =
    [
        new(Model, "What a model is made with.", "ReferenceOptions"),
        new($"{Model}.Costs", "A slow ledger, for Paging.Costs."),
        new($"{Model}.State", "Processes, areas, pages, files, and the sums over all of them."),
        new($"{Model}.Rules", "Decisions that several calls share: placing, merging, histories, growing, faulting, filling."),
        new($"{Model}.Calls", "The calls of the dialect, one file each."),
        new(Model, "The machine that a caller holds."),
    ];

    private static readonly RoomReader Reader = RoomReader.Read(Assembly.Load(Model).Location, Rooms);

    public ReferenceModelRoomsTests() : base(Model, Rooms, Reader, crossingCountMin: 40) { }
}
