using Paging.Core;
using Paging.Native;
using Paging.Programs.Cores;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>The reader of core files and minidumps: one is cloned as its headers say, or refused in one line.</summary>
internal sealed class CoreSubject : IHostileSubject
{
    public static readonly string[] Outcomes = ["cloned", "refused", "too large"];

    public static readonly string[] Tokens = ["\u007fELF", "CORE\0\0\0\0", "LINUX\0\0\0", "GNU\0", "/lib/libc.so\0", "MDMP", "\0\0\0\0"];

    private const int Cloned = 0, Refused = 1, TooLarge = 2, AuditInterval = 16;

    private readonly PagingEngine _engine = new(new EngineOptions
    {
        RamBytes = 4 << 20,
        RequestHostHugePages = false,
        Overcommit = OvercommitMode.Always,
    });

    private readonly string _soundMaps;
    private int _count;

    public CoreSubject(FuzzRandom random)
    {
        using UserProcess process = _engine.CreateProcess("dumped");
        Fill(process, random);
        _soundMaps = Picture(process);
        if (random.Percent(40))
        {
            Sound = MinidumpSample.Of(process, isWide: random.Percent(50));
            return;
        }

        using MemoryStream stream = new();
        CoreThread[] threads =
            [.. Enumerable.Range(0, random.Between(1, 3)).Select(static id => new CoreThread { Id = id, Vectors = new byte[512] })];
        CoreWriter.Write(process, stream, new() { Threads = threads, Signal = 11, AuxiliaryVector = new byte[24] });
        Sound = stream.ToArray();
    }

    public byte[] Sound { get; }

    public string? Try(byte[] bytes, bool isSound, out int outcome)
    {
        outcome = Refused;
        try
        {
            using CoreFile core = CoreFile.Open(new MemoryStream(bytes));
            CoreImage image = CoreImage.Of(core);
            using UserProcess clone = image.Clone(_engine);
            outcome = Cloned;
            if (clone.Memory.Areas.Snapshot().Count != core.Areas.Count) return "a clone has other areas than its core file";
            if (isSound && Picture(clone) is var picture && !string.Equals(picture, _soundMaps, StringComparison.Ordinal))
                return $"a clone differs from the process that was dumped:\n{picture}{_soundMaps}";
            return ++_count % AuditInterval == 0 && _engine.Audit() is { IsClean: false } report ? report.ToString() : null;
        }
        catch (CoreFormatException refusal) when (!isSound)
        {
            bool isClear = refusal.Message.Length > 0 && !refusal.Message.Contains('\n', StringComparison.Ordinal);
            return isClear ? null : "refused without a reason";
        }
        catch (Exception failure) when (!isSound && failure is NotSupportedException or InvalidOperationException)
        {
            outcome = TooLarge;    // above 3 GiB, or more than the engine's RAM
            return null;
        }
    }

    public string? Finish() => _engine.Audit() is { IsClean: false } report ? report.ToString() : null;

    public void Dispose() => _engine.Dispose();

    private void Fill(UserProcess process, FuzzRandom random)
    {
        uint at = 0x0804_8000;
        for (int i = random.Between(1, 6); i > 0; i--)
        {
            uint byteLength = (uint)random.Between(1, 6) << VirtualAddress.PageShift;
            at += (uint)random.Below(3) << VirtualAddress.PageShift;
            MapFlags flags = MapFlags.Anonymous | MapFlags.Fixed | (random.Percent(80) ? MapFlags.Private : MapFlags.Shared);
            process.Memory.Map(new(at), byteLength, MemoryProtection.ReadWrite, flags, out _);
            for (uint page = 0; page < byteLength; page += VirtualAddress.PageSize)
                if (random.Percent(50)) process.Memory.Mmu.TryWrite(new(at + page + 8), (uint)random.Next(), out _);
            if (random.Percent(20)) process.Memory.Protect(new(at), VirtualAddress.PageSize, MemoryProtection.Read);
            at += byteLength;
        }
    }

    /// <summary>Ranges, rights and bytes.</summary>
    private static string Picture(UserProcess process)
    {
        System.Text.StringBuilder text = new();
        foreach (AreaSnapshot area in process.Memory.Areas.Snapshot())
        {
            byte[] bytes = new byte[area.Range.Count.Bytes];
            int count = process.Memory.Remote.Read(area.Range.First.Address, bytes, forced: true);
            string hash = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes.AsSpan(0, count)));
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{area.Range.First.Address} {area.Range.Count.Value} ")
                .Append(area.Rights[..3]).Append(' ').Append(hash).Append('\n');
        }

        return text.ToString();
    }
}
