using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Windows.Reports;
using Paging.Windows.Sections;

namespace Paging.Windows.Tests;

/// <summary>Two processes of Windows with everything that the saved form has, and what a program could see of them.</summary>
internal sealed class SavedWorld : IDisposable
{
    private const AllocationTypes ReserveAndCommit = AllocationTypes.Reserve | AllocationTypes.Commit;
    private const uint Length = 0x6000;

    private readonly GuestFile _program;

    /// <param name="withImage">False: without an image section, whose bytes make most of the form.</param>
    public SavedWorld(bool withImage = true)
    {
        (Engine, Machine) = MakeEngine();
        Machine.UserData.Start(new DateTime(2021, 5, 6), cookie: 77);
        Machine.UserData.Advance(TimeSpan.FromSeconds(3));
        First = Machine.CreateProcess("first");
        Second = Machine.CreateProcess("second");
        _program = Engine.Files.CreateMemoryFile("program", 0x600);
        MakePrivateMemory();
        MakeSections();
        if (withImage) MakeImage();
        Assert.True(First.Access.TryRead(SharedUserData.Address, out int _, out _));
    }

    public PagingEngine Engine { get; }

    public WindowsMachine Machine { get; }

    public WindowsProcess First { get; }

    public WindowsProcess Second { get; }

    public SectionHandle Named { get; private set; }

    public VirtualAddress Committed { get; private set; }

    public VirtualAddress Watched { get; private set; }

    public VirtualAddress Stack { get; private set; }

    public VirtualAddress View { get; private set; }

    public VirtualAddress Sparse { get; private set; }

    public VirtualAddress Copied { get; private set; }

    public VirtualAddress Image { get; private set; }

    /// <summary>An engine with a page file, and its Windows side.</summary>
    public static (PagingEngine Engine, WindowsMachine Machine) MakeEngine(long pageFileBytes = 4 << 20)
    {
        PagingEngine engine = new(new EngineOptions { RamBytes = 4 << 20 });
        Assert.Equal(Errno.None, engine.Swap.SwitchOn(new MemorySwapStore((ulong)pageFileBytes, "pagefile.sys"), out _));
        return (engine, WindowsMachine.Of(engine));
    }

    /// <summary>The output of a save of both.</summary>
    public byte[] Save()
    {
        using MemoryStream stream = new();
        Machine.Save(stream);
        return stream.ToArray();
    }

    /// <summary>What a program and its system see of a process: every run, every byte that can be read, and the working set.</summary>
    /// <remarks>Reading brings pages in, so a process is saved first.</remarks>
    public static string Describe(WindowsProcess process)
    {
        List<string> lines = [$"{process.Name} {process.Stack} {process.WorkingSet.Limits} {process.Exception} {process.AddressLimit}"];
        ProcessRecord record = process.TakeRecord();
        lines.Add($"{record.CommitCharge} {record.WorkingSet} {process.WorkingSet.TransitionFaults}");
        byte[] bytes = new byte[0x1000];
        foreach (AddressRun run in process.TakeAddressSnapshot().Runs)
        {
            lines.Add(run.Information.ToString());
            if (run.Information.State != MemoryState.Commit) continue;
            for (PageNumber page = run.Information.Base; page < run.Information.Base + run.Information.Count; page++)
            {
                bool isIn = process.Memory.IsInWorkingSet(page);
                bool isRead = process.User.Memory.Remote.Read(page.Address, bytes, forced: true) == bytes.Length;
                lines.Add($"  {page} {isIn} {(isRead ? Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes)) : "")}");
            }
        }

        return string.Join('\n', lines);
    }

    public static void AssertClean(PagingEngine engine)
    {
        AuditReport report = engine.Audit();
        Assert.True(report.IsClean, report.ToString());
        report = WindowsMachine.Of(engine).Audit();
        Assert.True(report.IsClean, report.ToString());
    }

    public void Dispose()
    {
        AssertClean(Engine);
        _program.Dispose();
        Machine.Dispose();
        Engine.Dispose();
    }

    private static void Ok(Win32Error error) => Assert.Equal(Win32Error.Success, error);

    private void MakePrivateMemory()
    {
        VirtualMemory memory = First.Memory;
        Ok(memory.VirtualAlloc(default, Length, AllocationTypes.Reserve, PageProtection.ReadWrite, out VirtualAddress reserved));
        Ok(memory.VirtualAlloc(reserved + 0x2000, 0x1000, AllocationTypes.Commit, PageProtection.ReadWrite, out _));
        Ok(memory.VirtualAlloc(default, Length, ReserveAndCommit, PageProtection.ReadWrite, out VirtualAddress committed));
        Committed = committed;
        for (uint page = 0; page < 4; page++) Assert.True(First.Access.TryWrite(committed + (page << 12), 0x11 * (page + 1), out _));
        Ok(memory.VirtualProtect(committed + 0x1000, 0x1000, PageProtection.ReadWrite | PageProtection.Guard, out _));
        Ok(memory.VirtualProtect(committed + 0x2000, 0x1000, PageProtection.NoAccess, out _));
        Ok(memory.VirtualFree(committed + 0x5000, 0x1000, AllocationTypes.Decommit));
        Ok(memory.VirtualAlloc(default, Length, ReserveAndCommit | AllocationTypes.WriteWatch, PageProtection.ReadWrite,
            out VirtualAddress watched));
        Watched = watched;
        Assert.True(First.Access.TryWrite(watched, 1, out _));
        Assert.True(First.Access.TryWrite(watched + 0x3000, 1, out _));
        Assert.True(First.Access.TryRead(watched + 0x4000, out int _, out _));
        Ok(memory.VirtualAlloc(default, 0x8000, AllocationTypes.Reserve, PageProtection.ReadWrite, out VirtualAddress stack));
        Ok(memory.VirtualAlloc(stack + 0x7000, 0x1000, AllocationTypes.Commit, PageProtection.ReadWrite, out _));
        Ok(memory.VirtualAlloc(stack + 0x6000, 0x1000, AllocationTypes.Commit, PageProtection.ReadWrite | PageProtection.Guard, out _));
        Stack = stack;
        First.Stack = new(stack, stack + 0x7000, stack + 0x8000);
        Ok(First.WorkingSet.SetSize(30, 99));
        VirtualAddress placeholder = default;
        uint length = 0x4000;
        Assert.Equal(NtStatus.Success, First.Native.NtAllocateVirtualMemoryEx(
            ref placeholder, ref length, AllocationTypes.Reserve | AllocationTypes.ReservePlaceholder, PageProtection.NoAccess));
        Ok(Second.Memory.VirtualAlloc(default, Length, ReserveAndCommit, PageProtection.ReadWrite, out VirtualAddress trimmed));
        Assert.True(Second.Access.TryWrite(trimmed, 0x61, out _));
        Assert.True(Second.Access.TryWrite(trimmed + 0x1000, 0x62, out _));
        Ok(Second.Memory.VirtualLock(trimmed + 0x1000, 1));
        Ok(Second.WorkingSet.Empty());
        Assert.Equal(1, Machine.Threads.RunModifiedPageWriter(64));
        Assert.NotEqual(0u, Machine.Parts.Transitions.Release(64));    // the first page lies in the page file alone
        Assert.True(Second.Access.TryWrite(trimmed + 0x2000, 0x63, out _));
        Ok(Second.WorkingSet.Empty());    // and this one is in transition
    }

    private void MakeSections()
    {
        Ok(First.Sections.CreateFileMapping(null, PageProtection.ReadWrite, SectionFlags.Commit, Length, "named", out SectionHandle named));
        Ok(First.Sections.CreateFileMapping(null, PageProtection.ReadWrite, SectionFlags.Reserve, Length, null, out SectionHandle sparse));
        Named = named;
        Ok(First.Sections.MapViewOfFileEx(named, SectionAccess.MapWrite, 0, 0, default, out VirtualAddress view));
        Ok(Second.Sections.OpenFileMapping(SectionAccess.MapRead, "named", out SectionHandle opened));
        Ok(Second.Sections.MapViewOfFileEx(opened, SectionAccess.MapRead, 0, 0x2000, view, out _));
        Assert.True(First.Access.TryWrite(view, 0x21, out _));
        Assert.True(First.Access.TryWrite(view + 0x3000, 0x22, out _));
        Assert.True(Second.Access.TryRead(view, out int seen, out _));
        Assert.Equal(0x21, seen);
        Ok(First.Sections.MapViewOfFileEx(named, SectionAccess.Query, 0, 0, default, out VirtualAddress copied));
        Assert.True(First.Access.TryWrite(copied + 0x3000, 0x23, out _));
        Assert.True(First.Access.TryRead(copied, out int _, out _));
        Ok(First.Sections.MapViewOfFileEx(sparse, SectionAccess.MapWrite, 0, 0, default, out VirtualAddress empty));
        Ok(First.Memory.VirtualAlloc(empty + 0x2000, 0x1000, AllocationTypes.Commit, PageProtection.ReadOnly, out _));
        (View, Copied, Sparse) = (view, copied, empty);
    }

    private void MakeImage()
    {
        byte[] bytes = new PeBytes().Section(".text", 0x1000, 0x200, 0x200, 0x200, 0x6000_0020)
            .Section(".data", 0x2000, 0x1000, 0x400, 0x200, 0xC000_0040).Bytes;
        bytes[0x410] = 0x71;
        Assert.Equal(Errno.None, _program.Write(0, bytes, out _));
        Assert.Equal(NtStatus.Success, First.Native.NtCreateSection(
            SectionAccess.All | SectionAccess.MapExecute, 0, PageProtection.ReadOnly,
            SectionFlags.Image, Machine.OpenFile(_program, FileAccessRights.Read), out SectionHandle image));
        VirtualAddress at = default;
        uint length = 0;
        Assert.Equal(NtStatus.Success, First.Native.NtMapViewOfSection(
            image, ref at, 0, 0, 0, ref length, AllocationTypes.None, PageProtection.ReadOnly));
        Image = at;
        Assert.True(First.Access.TryRead(at + 0x2010, out byte data, out _));
        Assert.Equal(0x71, data);
        Assert.True(First.Access.TryWrite(at + 0x2011, (byte)0x72, out _));
        bytes[0x420] = 0x73;
        Assert.Equal(Errno.None, _program.Write(0, bytes, out _));    // the section keeps the old bytes
    }
}
