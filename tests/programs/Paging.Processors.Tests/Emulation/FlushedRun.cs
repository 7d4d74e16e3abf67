using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Processors.DirectExecution;
using Paging.Processors.Emulation;

namespace Paging.Processors.Tests;

//   burst of loads and stores ──► int 80 ──► the host changes the memory ──► burst ──► …      one line of the log for each
/// <summary>A guest whose memory is changed under its feet all the time, and a log of everything that it and the tables show.</summary>
/// <remarks>Little RAM and a swap device, so that reclaim takes part; two processes at most, so that copies on write do.</remarks>
internal sealed class FlushedRun : IDisposable
{
    private static readonly VirtualAddress CodePage = new(0x0800_0000), Arena = new(0x1000_0000), Elsewhere = new(0x2000_0000);
    private const uint PageCountOfArena = 96, FilePages = 24;
    private const MapFlags Fixed = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;

    private readonly Random _random;
    private readonly bool _keepsFrames;
    private readonly PagingEngine _engine;
    private readonly IGuestProcessor _processor;
    private readonly GuestFile _file;
    private readonly List<(UserProcess Process, GuestContext Context)> _tasks = [];
    private readonly StringBuilder _log = new();

    /// <param name="seed">The seed of the program and of the host's calls.</param>
    /// <param name="policy">How the TLB is kept.</param>
    /// <param name="isDirect">On the host's processor, which has no policy.</param>
    /// <param name="keepsFrames">
    /// Only changes that free no frame: a store through a stale translation would else destroy the engine's own tables.
    /// </param>
    public FlushedRun(int seed, FlushPolicy policy, bool keepsFrames = false, bool isDirect = false)
    {
        _keepsFrames = keepsFrames;
        _random = new(seed);
        _engine = new(new EngineOptions
        {
            RamBytes = keepsFrames ? 16u << 20 : 1u << 20,
            FaultAroundPages = 4,
            RequestHostHugePages = false,
            ShareRam = isDirect,
        });
        Assert.Equal(Errno.None, _engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), 0, out _));
        if (isDirect) Assert.True(_engine.Frames.TryTakeLow(1, out _));    // as the emulated processor does: frames are the same then
        _processor = isDirect
            ? new DirectProcessor(_engine) { FaultSeen = Note }
            : new GuestProcessor(_engine) { FlushPolicy = policy, FaultSeen = Note };
        _file = _engine.Files.CreateMemoryFile("shared", FilePages << 12);
        UserProcess process = _engine.CreateProcess("first");
        Assert.Equal(Errno.None, _file.Open(process, FileRights.ReadWrite, out _));
        Machine.Map(process, CodePage, 4096);
        Machine.Map(process, Arena, PageCountOfArena << 12);
        MapFile(process);
        _tasks.Add((process, _processor.CreateContext()));
    }

    /// <summary>Runs so many rounds and returns the log.</summary>
    public string Run(int roundCount)
    {
        for (int round = 0; round < roundCount; round++)
        {
            (UserProcess process, GuestContext context) = _tasks[_random.Next(_tasks.Count)];
            _log.Append(CultureInfo.InvariantCulture, $"{round} p{process.Id}:");
            RunBurst(process, context);
            ChangeSomething(process, context);
            LogTables(process);
            _log.Append('\n');
        }

        Assert.Empty(_engine.Audit().Findings);
        return _log.ToString();
    }

    public void Dispose()
    {
        foreach ((_, GuestContext context) in _tasks) context.Dispose();
        _processor.Dispose();
        _engine.Dispose();
    }

    /// <summary>Some loads and stores at random places; those that fault are skipped, and logged as faults.</summary>
    private void RunBurst(UserProcess process, GuestContext context)
    {
        List<byte> code = [];
        for (int i = 0; i < 24; i++)
        {
            byte[] address = BitConverter.GetBytes(NextAddress().Value);
            // mov ecx,[…]; add ebx,ecx; rol ebx,1
            if (_random.Next(2) == 0) code.AddRange([0x8B, 0x0D, .. address, 0x01, 0xCB, 0xD1, 0xC3, 0x90, 0x90]);
            // mov [ebx],…; inc ebx
            else code.AddRange([0x89, 0x1D, .. address, 0x43, 0x90, 0x90, 0x90, 0x90, 0x90]);
        }

        code.AddRange([0xCD, 0x80]);
        Assert.Equal(code.Count, process.Memory.Mmu.CopyIn(CodePage, code.ToArray(), out _));
        _processor.Switch(process, context);
        context.Registers.Eip = CodePage.Value;
        while (true)
        {
            ProcessorExit exit = _processor.Run();
            if (exit.Kind == ProcessorExitKind.SystemCall) break;
            Assert.Equal(ProcessorVector.PageFault, exit.Vector);
            _log.Append(CultureInfo.InvariantCulture, $" {exit.Kind}:{exit.Signal.Number}/{exit.Signal.Code}@{exit.Address.Value:x}");
            context.Registers.Eip += 6;
        }

        _log.Append(CultureInfo.InvariantCulture, $" = {context.Registers.Ebx:x8}");
    }

    private VirtualAddress NextAddress() => _random.Next(8) switch
    {
        < 5 => Arena + ((uint)_random.Next((int)PageCountOfArena) << 12) + ((uint)_random.Next(1000) * 4),
        < 7 => Elsewhere + ((uint)_random.Next((int)FilePages) << 12) + ((uint)_random.Next(1000) * 4),
        _ => Elsewhere + (FilePages << 12) + ((uint)_random.Next(32) << 12),
    };

    private void ChangeSomething(UserProcess process, GuestContext context)
    {
        AddressSpace memory = process.Memory;
        uint first = (uint)_random.Next((int)PageCountOfArena), length = (uint)_random.Next(1, (int)(PageCountOfArena - first) + 1) << 12;
        VirtualAddress at = Arena + (first << 12);
        int what = _random.Next(14);
        if (_keepsFrames) what = what < 7 ? what % 3 : 8;    // mprotect, clear_refs
        _log.Append(CultureInfo.InvariantCulture, $" op{what} {at.Value:x}+{length:x}");
        switch (what)
        {
            case 0 or 1:
                Note(memory.Protect(at, length, (MemoryProtection)_random.Next(4)));
                break;
            case 2:
                Note(memory.Protect(Arena, PageCountOfArena << 12, MemoryProtection.ReadWrite));
                break;
            case 3:
                Note(memory.Unmap(at, length));
                Note(memory.Map(at, length, MemoryProtection.ReadWrite, Fixed, out _));
                break;
            case 4:
                Note(memory.Advise(at, length, MemoryAdvice.DontNeed));
                break;
            case 5:
                Note(memory.Remap(at, length, length, RemapFlags.MayMove | RemapFlags.Fixed, Elsewhere + (FilePages << 12), out _));
                Note(memory.Map(at, length, MemoryProtection.ReadWrite, Fixed, out _));
                break;
            case 6 or 7:
                ForkOrEnd(process, context);
                break;
            case 8:
                Note(memory.ClearReferences((ReferenceKind)_random.Next(1, 5)));
                break;
            case 9:
                Note(memory.Advise(at, length, _random.Next(2) == 0 ? MemoryAdvice.PageOut : MemoryAdvice.Cold));
                break;
            case 10:
                Note(memory.Synchronize(Elsewhere, FilePages << 12, SyncFlags.Sync));
                _engine.Files.SynchronizeAll();
                break;
            case 11:
                _engine.RunBackground(16);
                break;
            case 12:
                Note(process.FileDescriptors.SetLength(0, _random.Next(1, (int)FilePages + 1) << 12));
                break;
            default:
                MapFile(process);
                break;
        }
    }

    private void ForkOrEnd(UserProcess process, GuestContext context)
    {
        if (_tasks.Count == 1)
        {
            if (process.Fork(out UserProcess? child) != Errno.None) return;
            GuestContext copy = _processor.CreateContext();
            copy.CopyFrom(context);
            _tasks.Add((child!, copy));
            return;
        }

        int ending = _random.Next(2);
        (UserProcess ended, GuestContext old) = _tasks[ending];
        _tasks.RemoveAt(ending);
        old.Dispose();
        ended.Dispose();
    }

    private void MapFile(UserProcess process) =>
        Note(process.Memory.Map(Elsewhere, FilePages << 12, MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Fixed, 0, 0, out _));

    private void Note(VirtualAddress address, PageFaultErrorCode code) =>
        _log.Append(CultureInfo.InvariantCulture, $" #{address.Value:x}/{(uint)code:x}");

    private void Note(Errno error) => _log.Append(CultureInfo.InvariantCulture, $" {error}");

    /// <summary>Every present entry with its A and D bits, on which reclaim and write-back rely.</summary>
    /// <remarks>
    /// The page of code shows no RW: the emulated processor takes it while it holds translated code of the page, the host's needs not.
    /// </remarks>
    private void LogTables(UserProcess process)
    {
        if (process.HasExited) return;
        _log.Append(" |");
        PageNumber next = default;
        PageNumber end = PageNumber.FirstKernel;
        while (process.Memory.Space.Tables.TryNextTouched(next, end, out PageNumber page, out PageTableEntry entry))
        {
            PageTableEntry shown = page == CodePage.Page ? entry.WithoutWritable() : entry;
            _log.Append(CultureInfo.InvariantCulture, $" {page.Value:x}:{shown.Word:x}");
            next = page + PageCount.One;
        }
    }
}
