using System.Buffers.Binary;
using System.Text;
using Paging.Core;
using Paging.Core.Composition;
using Paging.Core.Files;
using Paging.Native;
using Paging.Windows.Saving;
using Paging.Windows.Sections;
using Paging.Windows.Spaces;

namespace Paging.Windows;

//  7FFE0000  004 tick count multiplier   008 interrupt time   014 system time    02C image numbers   030 system root
//            240 time zone   260 build   264 product type     26C version        274 processor features
//            2E8 pages of RAM            320 tick count       330 cookie
/// <summary>The page at 0x7FFE0000 that every process can read: time, version, features of the processor.</summary>
/// <remarks>
/// One frame for all processes. Time stands still except in <see cref="Advance"/>, so that runs can be repeated. It begins on the
/// first of January 2020, unless <see cref="Start"/> sets another time. Fields that are not named are zero.
/// Windows: KUSER_SHARED_DATA (ntddk.h), version 10.0.19045. Linux has the vvar page after clock_gettime of the vDSO.
/// </remarks>
public sealed class SharedUserData
{
    /// <summary>The address of the page in every process.</summary>
    public static VirtualAddress Address => UserRange.SharedPage.Address;

    private const int MultiplierAt = 0x004, InterruptTimeAt = 0x008, SystemTimeAt = 0x014, ImageNumbersAt = 0x02C, RootAt = 0x030,
        LargePageAt = 0x244, BuildAt = 0x260, ProductAt = 0x264, ProductValidAt = 0x268, MajorAt = 0x26C, FeaturesAt = 0x274,
        PhysicalPagesAt = 0x2E8, TickCountAt = 0x320, CookieAt = 0x330;
    private const int PageLength = 0x1000;
    private const long TicksOfTick = 156_250;    // 15.625 ms in units of 100 ns
    private const uint Multiplier = 0x0FA0_0000;    // milliseconds of a tick, times 2^24
    private const uint I386 = 0x014C, Build = 19045, WorkstationProduct = 1, Major = 10, Minor = 0;    // NtProductWinNt

    // PF_* of winnt.h: CMPXCHG8B, MMX, SSE, RDTSC, PAE, SSE2, NX
    private static ReadOnlySpan<byte> Features => [2, 3, 6, 8, 9, 10, 12];

    // Windows counts time from here on, in units of 100 ns.
    private static readonly DateTime FirstTime = new(1601, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly PagingEngine _engine;
    private readonly EngineParts _core;
    private readonly SectionTable _sections;
    private GuestFile? _file;
    private DateTime _start = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private uint _cookie;

    internal SharedUserData(PagingEngine engine, EngineParts core, SectionTable sections) =>
        (_engine, _core, _sections) = (engine, core, sections);

    /// <summary>The time since the machine started. GetTickCount counts it in steps of 15.625 ms.</summary>
    public TimeSpan UpTime { get; private set; }

    /// <summary>The time, in UTC.</summary>
    public DateTime Now => _start + UpTime;

    /// <summary>The ticks of 15.625 ms since the start.</summary>
    public long TickCount => UpTime.Ticks / TicksOfTick;

    /// <summary>The section of the page; null until there is a process.</summary>
    internal SectionObject? Section { get; private set; }

    /// <summary>Sets the time again, and the number that programs find in Cookie.</summary>
    /// <param name="now">The time in UTC.</param>
    /// <param name="cookie">A number for this machine: from the seed, where runs are to be repeated.</param>
    /// <exception cref="ArgumentOutOfRangeException">A time before 1601, which Windows cannot represent.</exception>
    public void Start(DateTime now, uint cookie)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(now, FirstTime);
        _core.Machine.Callers.Enter();
        (_start, UpTime, _cookie) = (DateTime.SpecifyKind(now, DateTimeKind.Utc), TimeSpan.Zero, cookie);
        WriteAll();
    }

    /// <summary>Lets time pass. Programs see it at once.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Time does not go back, nor beyond the year 9999.</exception>
    public void Advance(TimeSpan elapsed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(elapsed, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elapsed, DateTime.MaxValue - Now);
        _core.Machine.Callers.Enter();
        UpTime += elapsed;
        WriteTimes();
    }

    /// <summary>The clock, to be saved.</summary>
    internal SavedClock Clock => new(_start.Ticks, UpTime.Ticks, _cookie);

    /// <summary>Sets the clock as it was saved.</summary>
    internal void Load(SavedClock clock)
    {
        (_start, UpTime, _cookie) = (new(clock.Start, DateTimeKind.Utc), new(clock.UpTime), clock.Cookie);
        WriteAll();
    }

    /// <summary>Makes the page, if it is not there yet. Returns false if there is no memory for it.</summary>
    internal bool TryMake()
    {
        if (Section is not null) return true;
        _file ??= _engine.Files.CreateMemoryFile("shared user page", PageLength);
        FileObject file = _file.Object;
        file.IsOfAnotherSystem = true;    // a snapshot of the engine does not set its clock back
        if (!WriteAll() || !_core.Files.OpenFiles.TryOpen(file, FileRights.Read, OpenFlags.None, out OpenFileIndex open)) return false;
        _core.Files.OpenFiles[open].IsHeldByHost = true;
        Section = _sections.Take();
        Section.Begin(open, file, PageLength, PageProtection.ReadOnly, SectionFlags.File, committed: null);
        _sections.Open(Section, SectionAccess.Query, SectionTable.SystemOwner);    // so that it lives without a view
        return true;
    }

    /// <summary>The machine ends: so does the page, when the last process has.</summary>
    internal void End()
    {
        if (Section is not null) _sections.CloseAll(SectionTable.SystemOwner);
        Section = null;
        _file?.Dispose();
        _file = null;
    }

    private bool WriteAll()
    {
        if (_file is null) return true;    // written when it is made
        Span<byte> page = stackalloc byte[PageLength];
        page.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(page[MultiplierAt..], Multiplier);
        BinaryPrimitives.WriteUInt32LittleEndian(page[ImageNumbersAt..], I386 | (I386 << 16));    // ImageNumberLow and High
        Encoding.Unicode.GetBytes(@"C:\Windows", page[RootAt..]);
        BinaryPrimitives.WriteUInt32LittleEndian(page[LargePageAt..], 2 << 20);    // LargePageMinimum, of PAE
        BinaryPrimitives.WriteUInt32LittleEndian(page[BuildAt..], Build);
        BinaryPrimitives.WriteUInt32LittleEndian(page[ProductAt..], WorkstationProduct);
        page[ProductValidAt] = 1;    // else programs ask the registry
        BinaryPrimitives.WriteUInt32LittleEndian(page[MajorAt..], Major);
        BinaryPrimitives.WriteUInt32LittleEndian(page[(MajorAt + 4)..], Minor);
        foreach (byte feature in Features) page[FeaturesAt + feature] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(page[PhysicalPagesAt..], _engine.Ram.FrameCount.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(page[CookieAt..], _cookie);
        return TryWrite(0, page) && WriteTimes();
    }

    private bool WriteTimes() => _file is null || (WriteTime(InterruptTimeAt, UpTime.Ticks)
        && WriteTime(SystemTimeAt, Now.ToFileTimeUtc()) && WriteTime(TickCountAt, TickCount));

    /// <summary>KSYSTEM_TIME: the low word, the high one, and that again, by which readers see that they read one number.</summary>
    private bool WriteTime(int offset, long value)
    {
        Span<byte> words = stackalloc byte[12];
        BinaryPrimitives.WriteInt64LittleEndian(words, value);
        BinaryPrimitives.WriteInt32LittleEndian(words[8..], (int)(value >> 32));
        return TryWrite(offset, words);
    }

    private bool TryWrite(int offset, ReadOnlySpan<byte> bytes) =>
        _file!.Write(offset, bytes, out int written) == Errno.None && written == bytes.Length;
}
