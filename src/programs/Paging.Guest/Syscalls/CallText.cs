using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;

namespace Paging.Guest.Syscalls;

//  a  an address or word, hexadecimal       p  PROT_*           s  a string, by its address
//  d  a number, signed                      m  MAP_*            D  a directory's descriptor, AT_FDCWD
//  n  a length                              r  MREMAP_*         f  O_*
//  x  a word, hexadecimal                   v  MADV_*           g  a signal
//  o  an offset in pages, shown in bytes    M  MS_*             L  two words, one number
/// <summary>System calls as text.</summary>
internal static class CallText
{
    private const int StringMax = 40;    // strace -s has 32

    private static readonly ImmutableArray<(uint Bit, string Name)> Protections = NamesOf<MemoryProtection>("PROT_");
    private static readonly ImmutableArray<(uint Bit, string Name)> MapBits =
        [.. NamesOf<MapFlags>("MAP_").Where(static flag => (flag.Bit & (uint)MapFlags.TypeMask) == 0)];
    private static readonly ImmutableArray<(uint Bit, string Name)> RemapBits = NamesOf<RemapFlags>("MREMAP_");
    private static readonly ImmutableArray<(uint Bit, string Name)> SyncBits = NamesOf<SyncFlags>("MS_");
    private static readonly ImmutableArray<(uint Bit, string Name)> OpenBits =
        [.. NamesOf<FileFlags>("O_").Where(static flag => (flag.Bit & (uint)FileFlags.AccessMask) == 0)];

    /// <summary>Calls that return addresses, in the form of the dialect.</summary>
    public static string Result(KnownCall? known, CallResult result)
    {
        if (result.IsRestart) return "? (to be made again)";
        if (result.IsError) return $"-1 {result.Error}";
        bool isAddress = known?.Name is "mmap2" or "mremap" or "brk" or "old_mmap" or "shmat";
        return isAddress ? string.Create(CultureInfo.InvariantCulture, $"0x{result.Word:x8}")
            : ((int)result.Word).ToString(CultureInfo.InvariantCulture);
    }

    public static string Format(GuestTask task, KnownCall known)
    {
        StringBuilder text = new();
        text.Append(string.Equals(known.Name, "mmap2", StringComparison.Ordinal) ? "mmap" : known.Name).Append('(');
        CallArguments call = task.Call.Arguments;
        ReadOnlySpan<uint> words = [call.A, call.B, call.C, call.D, call.E, call.F];
        int at = 0;
        foreach (char kind in known.Form)
        {
            if (at != 0) text.Append(", ");
            if (kind == 'L')
            {
                text.Append(CallArguments.Long(words[at], words[Math.Min(at + 1, 5)]));
                at += 2;
                continue;
            }

            text.Append(Word(task, kind, words[at++]));
        }

        return text.Append(')').ToString();
    }

    /// <summary>Formats one argument by the letter of its form. Only a string (<c>s</c>) is read from the task.</summary>
    internal static string Word(GuestTask task, char kind, uint word) => kind switch
    {
        'a' => word == 0 ? "0" : string.Create(CultureInfo.InvariantCulture, $"0x{word:x8}"),
        'd' => ((int)word).ToString(CultureInfo.InvariantCulture),
        'n' => word.ToString(CultureInfo.InvariantCulture),
        'o' => string.Create(CultureInfo.InvariantCulture, $"{(word == 0 ? "" : "0x")}{PageWords.ToBytes(word):x}"),
        'p' => Bits(word, "PROT_NONE", Protections),
        'm' => MapFlagsText(word),
        'r' => Bits(word, "0", RemapBits),
        'M' => Bits(word, "0", SyncBits),
        'v' => Enum.GetName((MemoryAdvice)word) is { } name ? $"MADV_{Spell(name)}" : word.ToString(CultureInfo.InvariantCulture),
        'f' => OpenText(word),
        'g' => (int)word is > 0 and < (int)SignalNumber.FirstRealTime
            ? SignalNumbers.NameOf((SignalNumber)word) : ((int)word).ToString(CultureInfo.InvariantCulture),
        'D' => (int)word == Descriptor.WorkingDirectory.Number ? "AT_FDCWD" : ((int)word).ToString(CultureInfo.InvariantCulture),
        's' => Text(task, word),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(word == 0 ? "" : "0x")}{word:x}"),
    };

    private static string MapFlagsText(uint word)
    {
        string type = (word & 0xF) switch
        {
            1 => "MAP_SHARED",
            2 => "MAP_PRIVATE",
            3 => "MAP_SHARED_VALIDATE",
            uint other => other.ToString(CultureInfo.InvariantCulture),
        };
        return (word & ~0xFu) == 0 ? type : $"{type}|{Bits(word & ~0xFu, "0", MapBits)}";
    }

    private static string OpenText(uint word)
    {
        string access = (word & 3) switch
        {
            0 => "O_RDONLY",
            1 => "O_WRONLY",
            _ => "O_RDWR",
        };
        return (word & ~3u) == 0 ? access : $"{access}|{Bits(word & ~3u, "0", OpenBits)}";
    }

    /// <summary>Returns the flags of an enum, of one bit each, with Linux's names.</summary>
    private static ImmutableArray<(uint Bit, string Name)> NamesOf<TFlags>(string prefix) where TFlags : struct, Enum =>
        [.. Enum.GetValues<TFlags>().Select(static flag => (Bit: Convert.ToUInt32(flag, CultureInfo.InvariantCulture), Flag: flag))
            .Where(static flag => uint.IsPow2(flag.Bit)).Select(flag => (flag.Bit, prefix + Spell(Enum.GetName(flag.Flag)!)))];

    /// <summary>Returns Linux's spelling of a name.</summary>
    private static string Spell(string name) => name switch
    {
        "Execute" => "EXEC",
        "Semaphore" => "SEM",
        "FixedNoReplace" => "FIXED_NOREPLACE",
        "PopulateRead" => "POPULATE_READ",
        "PopulateWrite" => "POPULATE_WRITE",
        "DontNeedLocked" => "DONTNEED_LOCKED",
        "GuardInstall" => "GUARD_INSTALL",
        "GuardRemove" => "GUARD_REMOVE",
        nameof(FileFlags.Create) => "CREAT",
        nameof(FileFlags.Exclusive) => "EXCL",
        nameof(FileFlags.Truncate) => "TRUNC",
        nameof(FileFlags.DirectoryOnly) => "DIRECTORY",
        nameof(FileFlags.CloseOnExec) => "CLOEXEC",
        nameof(FileFlags.Temporary) => "TMPFILE",
        nameof(FileFlags.NonBlocking) => "NONBLOCK",
        nameof(FileFlags.DataSync) => "DSYNC",
        nameof(FileFlags.Asynchronous) => "ASYNC",
        nameof(FileFlags.NoAccessTime) => "NOATIME",
        nameof(FileFlags.PathOnly) => "PATH",
        _ => name.ToUpperInvariant(),
    };

    private static string Bits(uint word, string none, ImmutableArray<(uint Bit, string Name)> names)
    {
        if (word == 0) return none;
        List<string> parts = [];
        foreach ((uint bit, string name) in names)
        {
            if ((word & bit) == 0) continue;
            parts.Add(name);
            word &= ~bit;
        }

        if (word != 0) parts.Add(string.Create(CultureInfo.InvariantCulture, $"0x{word:x}"));
        return string.Join('|', parts);
    }

    /// <summary>Reads a string, which may fault pages in, as under ptrace.</summary>
    private static string Text(GuestTask task, uint at)
    {
        if (task.User.ReadPath(new(at), out string text) != Errno.None) return string.Create(CultureInfo.InvariantCulture, $"0x{at:x8}");
        bool isLong = text.Length > StringMax;
        return $"\"{(isLong ? text[..StringMax] : text).Replace("\n", "\\n", StringComparison.Ordinal)}\"{(isLong ? "…" : "")}";
    }
}
