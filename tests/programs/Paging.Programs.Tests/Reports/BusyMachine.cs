using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;

namespace Paging.Programs.Tests;

/// <summary>A machine in which nearly every figure of a report is another number than its neighbours.</summary>
/// <remarks>
/// Its RAM is short: two programs write more than there is, files are read and written, some pages are locked, shared or thrown away, and
/// one of two swap devices is full.
/// </remarks>
internal sealed class BusyMachine : IDisposable
{
    private const uint Page = 4096;

    private readonly string _path = Path.GetTempFileName();
    private readonly GuestFile _file, _shared;

    public BusyMachine()
    {
        Engine = new(new EngineOptions { RamBytes = 4 << 20, RequestHostHugePages = false });
        Assert.Equal(Errno.None, Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), 5, out _));
        Assert.Equal(Errno.None, Engine.Swap.SwitchOn(new MemorySwapStore(12 << 20), 3, out _));
        File.WriteAllBytes(_path, new byte[170 * Page]);
        _file = Engine.Files.OpenHostFile(_path);
        _shared = Engine.Files.CreateMemoryFile("shared", 40 * Page);
        Process = Engine.CreateProcess("busy");
        VirtualAddress large = Map(Process, 900), zeros = Map(Process, 30), freed = Map(Process, 25);
        VirtualAddress locked = Map(Process, 11, MapFlags.Locked), file = MapFile(_file, 150), shared = MapFile(_shared, 37);
        for (uint page = 0; page < 30; page++) Process.Memory.Mmu.Write(zeros + (page * Page), 0u);
        Assert.Equal(Errno.None, Process.Memory.Advise(zeros, 17 * Page, MemoryAdvice.PageOut));
        for (uint page = 0; page < 25; page++) Process.Memory.Mmu.Write(freed + (page * Page), 3u);
        Assert.Equal(Errno.None, Process.Memory.Advise(freed, 25 * Page, MemoryAdvice.Free));
        for (uint round = 0; round < 3; round++)
        {
            Engine.RunBackground(40);
            for (uint page = 0; page < 900; page += 1 + round) Process.Memory.Mmu.Write(large + (page * Page), page + 1);
            for (uint page = 0; page < 150; page += 1 + round) _ = Process.Memory.Mmu.Read<byte>(file + (page * Page));
            for (uint page = 0; page < 37; page++) Process.Memory.Mmu.Write(shared + (page * Page), page);
        }

        Child = Process.Fork();
        for (uint page = 0; page < 9; page++) Child.Memory.Mmu.Write(locked + (page * Page), 7u);
        for (uint page = 0; page < 5; page++) Process.Memory.Mmu.Write(locked + (page * Page), 8u);
        for (uint page = 0; page < 6; page++) Process.Memory.Mmu.Write(file + (page * Page), 9u);
        Engine.Files.SynchronizeAll();
        for (uint page = 0; page < 23; page++) Process.Memory.Mmu.Write(file + ((20 + page) * Page), 9u);
    }

    public PagingEngine Engine { get; }

    public UserProcess Process { get; }

    public UserProcess Child { get; }

    public void Dispose()
    {
        Engine.Audit().ThrowIfBroken();
        _file.Dispose();
        _shared.Dispose();
        Engine.Dispose();
        File.Delete(_path);
    }

    private static VirtualAddress Map(UserProcess process, uint pageCount, MapFlags flags = MapFlags.None)
    {
        Assert.Equal(Errno.None, process.Memory.Map(VirtualAddress.Zero, pageCount * Page, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous | flags, out VirtualAddress at));
        return at;
    }

    private VirtualAddress MapFile(GuestFile file, uint pageCount)
    {
        Assert.Equal(Errno.None, file.Open(Process, FileRights.ReadWrite, out int number));
        Assert.Equal(Errno.None, Process.Memory.Map(VirtualAddress.Zero, pageCount * Page, MemoryProtection.ReadWrite, MapFlags.Shared,
            number, 0, out VirtualAddress at));
        return at;
    }
}
