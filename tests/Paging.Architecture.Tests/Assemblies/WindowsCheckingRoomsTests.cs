using System.Reflection;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>The rooms of Paging.WindowsChecking, the lowest first: a room may use itself and those before it.</summary>
public sealed class WindowsCheckingRoomsTests : RoomsTests
{
    private const string Checking = "Paging.WindowsChecking";

    private static readonly Room[] Rooms =
    [
        new($"{Checking}.Dialect", "The calls, arguments and results of the dialect."),
        new($"{Checking}.Model", "The slow, plainly right model: it uses the dialect, and no part of the engine."),
        new($"{Checking}.Engine", "The engine as a machine."),
    ];

    private static readonly RoomReader Reader = RoomReader.Read(Assembly.Load(Checking).Location, Rooms);

    public WindowsCheckingRoomsTests() : base(Checking, Rooms, Reader, crossingCountMin: 20) { }
}
