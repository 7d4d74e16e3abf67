using System.Reflection;

namespace Paging.Architecture.Tests;

/// <summary>The rooms of Paging.HostKernel, the lowest first: a room may use itself and those before it.</summary>
public sealed class HostKernelRoomsTests : RoomsTests
{
    private const string HostKernel = "Paging.HostKernel";

    private static readonly Room[] Rooms =
    [
        new($"{HostKernel}.Interop", "System calls of the host."),
        new($"{HostKernel}.Files", "Files that the host and puppets share, and the processor on which both run."),
        new($"{HostKernel}.Puppets", "32-bit processes of the host that execute calls one by one."),
        new($"{HostKernel}.Inspection", "What the host's /proc reports of a puppet."),
        new($"{HostKernel}.Calls", "The calls of the dialect, executed by a puppet."),
        new(HostKernel, "The machine that a caller holds."),
    ];

    private static readonly RoomReader Reader = RoomReader.Read(Assembly.Load(HostKernel).Location, Rooms);

    public HostKernelRoomsTests() : base(HostKernel, Rooms, Reader, crossingCountMin: 20) { }
}
