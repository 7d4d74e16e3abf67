using Paging.Core;
using Paging.Native;
using Paging.Windows;
using Paging.Windows.Sections;

namespace Paging.Fuzz;

/// <summary>A process of Windows with some memory, in an engine with processes of Linux.</summary>
internal static class WindowsNeighbour
{
    private const int Value = 42;
    private static readonly VirtualAddress At = new(0x1000_0000);

    public static void Start(Company company) => company.Open(Create(company.Engine));

    public static void Start(CrossingWorld world) => world.Keep(Create(world.Engine));

    /// <summary>Checks that it runs, and has its memory.</summary>
    public static void Check(WindowsProcess process)
    {
        bool isThere = !process.HasExited && process.Access.TryRead(At, out int read, out _) && read == Value;
        CrossingWorld.Require(isThere, "the process of Windows has lost its memory");
    }

    /// <summary>Uses what belongs to every address space: logs, pins, marks, views.</summary>
    public static void UseFeatures(CrossingWorld world)
    {
        using WindowsProcess process = Create(world.Engine);
        foreach (WriteSources sources in new[] { WriteSources.Mmu, WriteSources.Processor })
        {
            using DirtyLog log = process.User.Memory.OpenDirtyLog(sources);
            CrossingWorld.Require(process.Access.TryRead(At + 0x3000, out int _, out _), "it cannot read");
            CrossingWorld.Require(process.Access.TryWrite(At + 0x1000, 1, out _), "it cannot write");
            CrossingWorld.Require(log.CollectDirty() is [var page] && page == (At + 0x1000).Page, "its log has other pages");
            CrossingWorld.Require(world.Verify() is not { } broken, "it is logged, and the world is broken");
        }

        using (PinnedMemory pin = process.User.Pin(At, 4, AccessKind.Read))
        {
            process.WorkingSet.Empty();
            CrossingWorld.Require(process.Access.TryWrite(At, Value + 1, out _), "a pinned page cannot be written");
            CrossingWorld.Require(pin.Parts[0].Span[0] == Value + 1, "its pin has lost its page");
        }

        ByteShadow shadow = process.User.Memory.OpenByteShadow();
        CrossingWorld.Accept(shadow.Mark(At + 0x2010, 4, ByteState.Unaddressable));
        CrossingWorld.Require(!process.Access.TryRead(At + 0x2010, out int _, out MemoryException refused)
            && refused.Code == NtStatus.AccessViolation, "a marked byte is read");
        CrossingWorld.Require(shadow.Mark(At + 0x6000, 4, ByteState.Unaddressable) == Errno.ENOMEM, "a page that is not there is marked");
        process.Memory.VirtualFree(At + 0x2000, 0x1000, AllocationTypes.Decommit);
        CrossingWorld.Require(world.Engine.Audit().IsClean, "marks have outlived their page");
    }

    /// <summary>Saves it with a section, and loads it into another engine.</summary>
    public static void SaveAndLoad(CrossingWorld world)
    {
        using WindowsProcess process = Create(world.Engine);
        process.Sections.CreateFileMapping(null, PageProtection.ReadWrite, default, 0x2000, null, out SectionHandle section);
        process.Sections.MapViewOfFileEx(section, SectionAccess.MapWrite, 0, 0, default, out VirtualAddress view);
        CrossingWorld.Require(process.Access.TryWrite(view, Value, out _), "its section cannot be written");
        using MemoryStream saved = new();
        process.Save(saved);
        Check(process);
        saved.Position = 0;
        using PagingEngine other = new(new EngineOptions { RamBytes = 1 << 20 });
        using WindowsProcess loaded = WindowsMachine.Of(other).Load(saved)[0];
        Check(loaded);
        bool isThere = loaded.Access.TryRead(view, out int read, out _) && read == Value;
        CrossingWorld.Require(isThere && other.Audit().IsClean, "the loaded process has lost its section");
    }

    private static WindowsProcess Create(PagingEngine engine)
    {
        WindowsProcess process = WindowsMachine.Of(engine).CreateProcess("neighbour");
        process.Memory.VirtualAlloc(At, 0x5000, AllocationTypes.Reserve | AllocationTypes.Commit, PageProtection.ReadWrite, out _);
        process.Access.TryWrite(At, Value, out _);
        return process;
    }
}
