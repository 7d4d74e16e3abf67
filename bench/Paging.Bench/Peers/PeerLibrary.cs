using System.Runtime.InteropServices;
using Paging.Processors.Unicorn;

namespace Paging.Bench.Peers;

/// <summary>A third-party library that contenders call. Races leave out libraries that this host lacks, and the run reports them.</summary>
internal sealed class PeerLibrary
{
    /// <summary>The names that imports use.</summary>
    public const string StandardMapName = "standard_map", HitsName = "hits", MimallocName = "mimalloc", UnicornName = "unicorn";

    private readonly Lazy<nint> _handle;

    static PeerLibrary() => NativeLibrary.SetDllImportResolver(typeof(PeerLibrary).Assembly, static (name, _, _) => name switch
    {
        StandardMapName => StandardMap._handle.Value,
        HitsName => Hits._handle.Value,
        MimallocName => Mimalloc._handle.Value,
        UnicornName => Unicorn._handle.Value,
        _ => 0,
    });

    private PeerLibrary(string? absence, Func<nint> load) => (Absence, _handle) = (absence, new(load));

    /// <summary>C++'s <c>std::map</c>: our own few lines around it, compiled when the first race asks for them.</summary>
    public static PeerLibrary StandardMap { get; } = new(CppCompiler.Absence, static () => CppCompiler.Load("standard_map.cpp"));

    /// <summary>The engine's own accesses in C, by <c>paging.h</c>: compiled as <see cref="StandardMap"/>.</summary>
    public static PeerLibrary Hits { get; } = new(CppCompiler.Absence, static () => CppCompiler.Load("paging.h", "hits.cpp"));

    /// <summary>The allocator mimalloc, 2.x.</summary>
    public static PeerLibrary Mimalloc { get; } = FindMimalloc();

    /// <summary>The emulator Unicorn: the one that the guest processor has found.</summary>
    public static PeerLibrary Unicorn { get; } = new(UnicornLibrary.IsAvailable(out string reason) ? null : reason, LoadUnicorn);

    /// <summary>The missing libraries, one a line.</summary>
    public static IEnumerable<string> Absences =>
    [
        .. Of("C++ (std::map)", StandardMap),
        .. Of("mimalloc", Mimalloc),
        .. Of("Unicorn", Unicorn),
    ];

    /// <summary>True when contenders can be made of it.</summary>
    public bool IsAvailable => Absence is null;

    /// <summary>Why not, and the way out.</summary>
    private string? Absence { get; }

    private static string[] Of(string name, PeerLibrary library) => library.Absence is { } reason ? [$"{name} is left out: {reason}"] : [];

    private static PeerLibrary FindMimalloc()
    {
        nint handle = 0;
        bool isFound = OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libmimalloc.so.2", out handle);
        return new(isFound ? null : "there is no libmimalloc.so.2 here; Debian's package is libmimalloc2.0.", () => handle);
    }

    /// <summary>The file that a function of it comes from: loaded already, so this is the same library again.</summary>
    private static unsafe nint LoadUnicorn()
    {
        nint* symbol = stackalloc nint[4];    // Dl_info: path, base, name, address
        if (PeerCalls.FindSymbol(UnicornLibrary.StopFunction, symbol) == 0)
            throw new DllNotFoundException("Unicorn's file cannot be found from its function uc_emu_stop.");
        return NativeLibrary.Load(Marshal.PtrToStringUTF8(symbol[0])!);
    }
}
