using System.Reflection;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>The rooms of Paging.Scripting, the lowest first: a room may use itself and those before it.</summary>
public sealed class ScriptingRoomsTests : RoomsTests
{
    private const string Scripting = "Paging.Scripting";

    private static readonly Room[] Rooms =
    [
        new($"{Scripting}.Calls",
            "What a scenario is made of: calls, their signatures and arguments, results, headers, machines; and their text."),
        new($"{Scripting}.Parsing", "Scenarios from bytes that may be hostile; dialects."),
        new($"{Scripting}.Running", "Executes a scenario on a machine and compares, or records."),
        new($"{Scripting}.Engine", "The engine as a machine."),
    ];

    private static readonly RoomReader Reader = RoomReader.Read(Assembly.Load(Scripting).Location, Rooms);

    public ScriptingRoomsTests() : base(Scripting, Rooms, Reader, crossingCountMin: 20) { }
}
