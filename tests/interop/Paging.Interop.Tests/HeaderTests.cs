using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Native;
using Paging.Windows;

namespace Paging.Interop.Tests;

/// <summary>The header and the library agree.</summary>
public sealed partial class HeaderTests
{
    /// <summary>The structures that Native writes, word by word (TranslationTables): ProgramTests read them.</summary>
    private static readonly string[] Written = ["paging_translations", "paging_device_page"];

    [Fact]
    public void EveryFunctionOfTheHeaderIsExportedAndEveryExportDeclared() =>
        Assert.Equal(
            Exports.All.Select(Exports.NameOf).Order(StringComparer.Ordinal),
            HeaderText.Functions.Select(static function => function.Name).Order(StringComparer.Ordinal));

    /// <summary>The header, the packages, the crates and the wheel have one version.</summary>
    [Fact]
    public void OneVersionEverywhere()
    {
        string header = File.ReadAllText(HeaderText.Path);
        string[] parts = [.. ((string[])["MAJOR", "MINOR", "PATCH"]).Select(
            part => header.Split($"#define PAGING_VERSION_{part} ")[1].Split('\n')[0])];
        string version = File.ReadAllText(Path.Combine(HeaderText.Root, "Directory.Build.props")).Split("<Version>")[1].Split('<')[0];
        Assert.Equal(version, string.Join('.', parts));
        int[] numbers = [.. parts.Select(static part => int.Parse(part, null))];
        int number = (((numbers[0] * 100) + numbers[1]) * 100) + numbers[2];
        Assert.Contains($"#define PAGING_VERSION {number}\n", header, StringComparison.Ordinal);
        foreach (string crate in (string[])["paging", "paging-sys"])
        {
            string manifest = File.ReadAllText(Path.Combine(HeaderText.Root, $"bindings/rust/{crate}/Cargo.toml"));
            Assert.Contains($"\nversion = \"{version}\"\n", manifest, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ParametersAndResultsHaveTheSameTypes()
    {
        Dictionary<string, Prototype> declared =
            HeaderText.Functions.ToDictionary(static function => function.Name, StringComparer.Ordinal);
        IEnumerable<string> different = Exports.All.Select(Exports.Describe)
            .Where(export => !IsSame(export, declared[export.Name]))
            .Select(export => $"{Print(declared[export.Name])} is {Print(export)}");
        Assert.Empty(different);
    }

    [Theory]
    [InlineData("PROT_", typeof(MemoryProtection))]
    [InlineData("MAP_", typeof(MapFlags))]
    [InlineData("MREMAP_", typeof(RemapFlags))]
    [InlineData("MADV_", typeof(MemoryAdvice))]
    [InlineData("MS_", typeof(SyncFlags))]
    [InlineData("MLOCK_", typeof(LockFlags))]
    [InlineData("MCL_", typeof(LockAllFlags))]
    [InlineData("RLIMIT_", typeof(ResourceLimit))]
    [InlineData("FAULT_", typeof(MemoryFaultKind))]
    [InlineData("ACCESS_", typeof(AccessKind))]
    [InlineData("PAGE_", typeof(PageAnswer))]
    [InlineData("OVERCOMMIT_", typeof(OvercommitMode))]
    [InlineData("TABLES_", typeof(TableFormat))]
    [InlineData("THP_", typeof(TransparentPolicy))]
    [InlineData("O_", typeof(OpenFlags))]
    [InlineData("BYTE_", typeof(ByteState))]
    [InlineData("SEAL_", typeof(FileSeals))]
    [InlineData("POLICY_", typeof(AccessInformation))]
    [InlineData("UFFD_FEATURE_", typeof(UserfaultFeatures))]
    [InlineData("UFFD_MODE_", typeof(UserfaultModes))]
    [InlineData("UFFD_FILL_", typeof(UserfaultFillFlags))]
    [InlineData("UFFD_EVENT_", typeof(UserfaultMessageKind))]
    [InlineData("EVENT_", typeof(EngineEventKind))]
    [InlineData("WATCH_", typeof(WatchedAccesses))]
    [InlineData("WINDOW_", typeof(WindowOutcome))]
    [InlineData("WINDOWS_MEM_", typeof(AllocationTypes))]
    [InlineData("WINDOWS_PAGE_", typeof(PageProtection))]
    [InlineData("E", typeof(Errno))]
    public void ConstantsAreThoseOfTheEngine(string prefix, Type type)
    {
        Dictionary<string, string> others = new(StringComparer.Ordinal)
        {
            ["EXEC"] = "EXECUTE",
            ["SEM"] = "SEMAPHORE",
            ["DODUMP"] = "DODUMP",
            ["MEMLOCK"] = "LOCKEDMEMORY",
            ["AS"] = "ADDRESSSPACE",
            ["DECOMMIT"] = "REPLACEPLACEHOLDER",    // one value, two names
        };
        (string Name, long Value)[] found = [.. HeaderText.Constants
            .Where(constant => constant.Key.StartsWith(prefix, StringComparison.Ordinal)
                && (prefix is not "E" || (constant.Value > 0 && !constant.Key.Contains('_', StringComparison.Ordinal))))
            .Select(constant => (constant.Key[(prefix is "E" ? 0 : prefix.Length)..].Replace("_", "", StringComparison.Ordinal),
                constant.Value))];
        Assert.NotEmpty(found);
        foreach ((string name, long value) in found)
        {
            string spelled = Enum.ToObject(type, value).ToString()!.ToUpperInvariant();
            Assert.Equal(others.GetValueOrDefault(name, name), spelled);
        }
    }

    [Theory]
    [InlineData("BorderCode", "")]
    [InlineData("ReportKind", "REPORT_")]
    public void ConstantsAreThoseOfTheLibrary(string type, string prefix)
    {
        foreach (FieldInfo field in Exports.TypeOf(type).GetFields(BindingFlags.Static | BindingFlags.Public))
            Assert.Equal(
                Convert.ToInt64(field.GetRawConstantValue(), null),
                HeaderText.Constants[prefix + Exports.Snake(field.Name).ToUpperInvariant()]);
    }

    [Fact]
    public void EveryStructureHasTheFieldsOfTheLibrary()
    {
        foreach ((string name, string[] fields) in HeaderText.Structures.Where(static one => !Written.Contains(one.Key)))
            Assert.Equal(
                Exports.StructureOf(name).GetFields().Select(static field => Exports.Snake(field.Name)), fields, StringComparer.Ordinal);
        Assert.True(HeaderText.Structures.Count >= 12);
    }

    /// <summary>A counter that C# gets and C does not would fail here.</summary>
    [Fact]
    public void EveryCounterOfFaultsIsInTheHeader() => Assert.Equal(
        typeof(Core.FaultCounters).GetProperties()
            .Select(static property => property.Name is "File" ? "file_pages" : Exports.Snake(property.Name)).Order(StringComparer.Ordinal),
        HeaderText.Structures["paging_fault_counts"].Except(["size", "reserved"], StringComparer.Ordinal).Order(StringComparer.Ordinal));

    /// <summary>C's compiler reports the offset of each field.</summary>
    [Fact]
    public void FieldsLieWhereTheLibraryLooksForThem()
    {
        IEnumerable<string> claims = HeaderText.Structures.Keys.Where(static name => !Written.Contains(name))
            .SelectMany(static name => Exports.StructureOf(name).GetFields().Select(field =>
                $"_Static_assert(offsetof({name}, {Exports.Snake(field.Name)}) == {Marshal.OffsetOf(field.DeclaringType!, field.Name)}, "
                    + $"\"{name}.{field.Name}\");")
            .Append($"_Static_assert(sizeof({name}) == {Marshal.SizeOf(Exports.StructureOf(name))}, \"{name}\");"));
        CCompiler.Require();
        CCompiler.Check("gcc", "c11", $"#include \"paging.h\"\n{string.Join('\n', claims)}\n");
    }

    /// <summary>Each kind of handle has one class of paging.hpp that owns it, which the programs of the tests name.</summary>
    [Fact]
    public void EveryKindOfHandleHasAClassInCpp()
    {
        string text = File.ReadAllText(Path.ChangeExtension(HeaderText.Path, "hpp"));
        string programs = string.Concat(Directory.EnumerateFiles(
            Path.Combine(HeaderText.Root, "tests/interop/Paging.Interop.Tests/programs"), "*.cpp").Select(File.ReadAllText));
        Match[] owners = Owner().Matches(text).ToArray();
        Assert.Equal(
            HeaderText.Handles.Except(["paging_handle"], StringComparer.Ordinal).Order(StringComparer.Ordinal),
            owners.Select(static one => one.Groups["handle"].Value).Order(StringComparer.Ordinal));
        Assert.All(owners, one => Assert.Contains(
            $"paging::{one.Groups["name"].Value.Replace("basic_", "", StringComparison.Ordinal)} ", programs, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^class (?<name>\w+) : public (owner|basic_memory)<(?<handle>paging_\w+)>",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline, 10_000)]
    private static partial Regex Owner();

    [Theory]
    [InlineData("gcc", "c99")]
    [InlineData("g++", "c++17")]
    [InlineData("clang", "c99")]
    public void TheHeaderCompilesAlone(string compiler, string standard)
    {
        CCompiler.Require(compiler);
        CCompiler.Check(compiler, standard, "#include \"paging.h\"\nint main(void) { return paging_version() != PAGING_VERSION; }\n");
    }

    /// <summary>
    /// The rest for programs that read the header. They skip the same lines by their text: HeaderText, _header.py and the build.rs of
    /// paging-sys.
    /// </summary>
    [Fact]
    public void DeclarationsAloneHaveNoCode()
    {
        CCompiler.Require();
        string[] options = ["-E", "-P", "-std=c99", "-DPAGING_DECLARATIONS_ONLY", "-DPAGING_UNTYPED_HANDLES"];
        string text = CCompiler.Run("gcc", [.. options, HeaderText.Path]);
        string own = text[text.IndexOf("paging_handle", StringComparison.Ordinal)..];    // what it includes comes first
        Assert.DoesNotContain("static", own, StringComparison.Ordinal);
        Assert.All(HeaderText.Functions, one => Assert.Contains($" {one.Name}(", own.Replace('*', ' '), StringComparison.Ordinal));
        Assert.All(HeaderText.InlineFunctions, name => Assert.DoesNotContain($" {name}(", own, StringComparison.Ordinal));
    }

    /// <summary>A handle of another kind, and a number, do not compile where a handle belongs.</summary>
    [Theory]
    [InlineData("gcc", "c99")]
    [InlineData("g++", "c++17")]
    [InlineData("clang", "c11")]
    public void ProgramsWithHandlesOfTheWrongKindDoNotCompile(string compiler, string standard)
    {
        CCompiler.Require(compiler);
        string[] wrong =
        [
            "paging_sync(process)", "paging_munmap(engine, 0, 4096)", "paging_snapshot_take(engine, &snapshot)",
            "paging_engine_snapshot_take(process, &snapshot)", "paging_snapshot_restore(process)", "paging_file_open(pager, process, 3, 0)",
            "paging_file_open(process, file, 3, 0)", "paging_process_create(process, \"p\", NULL, &process)",
            "paging_process_create(engine, \"p\", NULL, &engine)", "paging_group_set_limit(process, 5)", "paging_faults_get(engine, NULL)",
            "paging_report(engine, 16, NULL, 0)", "paging_read(windows, 0, NULL, 4, NULL)", "paging_pager_next(file)",
            "paging_free(5)", "paging_free(engine.any)", "paging_brk(5, 0)", "paging_brk(process.any, 0)", "engine = process",
            "process == child", "options.group = process",
        ];
        string[] right =
        [
            "paging_sync(engine)", "paging_free(engine)", "paging_free(process)", "paging_free(snapshot)", "paging_free(pager)",
            "paging_file_open(paging_pager_file(pager), process, 3, 0)", "paging_read(paging_windows_memory(windows), 0, NULL, 4, NULL)",
            "process.any == child.any", "process = child", "options.group.any = 0",
        ];
        foreach (string expression in right) CCompiler.Check(compiler, standard, ProgramWith(expression));
        foreach (string expression in wrong)
        {
            bool isRefused = Record.Exception(() => CCompiler.Check(compiler, standard, ProgramWith(expression))) is not null;
            Assert.True(isRefused, $"{compiler} compiles {expression}");
        }
    }

    /// <summary>
    /// The same with paging.hpp: copies, kinds, numbers without a type, and callbacks that would never be called or whose answers would be
    /// ignored.
    /// </summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void WrongProgramsWithClassesDoNotCompile()
    {
        CCompiler.Require("g++");
        const string setup = """
            #include "paging.hpp"
            struct source {
                paging::page request(std::uint32_t, std::span<std::byte, 4096>) { return paging::page::zeros; }
                void store(std::uint32_t, std::span<const std::byte, 4096>) {}
            };
            struct copies : source { void store(std::uint32_t, std::vector<std::byte>) {} };
            struct numbers { int request(std::uint32_t, std::span<std::byte, 4096>) { return 0; } };
            struct mute {
                std::size_t read(std::uint64_t, std::span<std::byte>) { return 0; }
                void write(std::uint64_t, std::span<const std::byte>) {}
            };
            struct errnos : source { int store(std::uint32_t, std::span<const std::byte, 4096>) { return -5; } };
            template <class Read, class Write> struct disk {
                Read read(std::uint32_t, std::span<std::byte, 4096>) { return Read(); }
                Write write(std::uint32_t, std::span<const std::byte, 4096>) { return Write(); }
            };
            template <class Answer> struct port {
                std::uint64_t load(std::uint64_t, std::uint32_t) { return 0; }
                Answer store(std::uint64_t, std::uint32_t, std::uint64_t) { return Answer(); }
            };
            template <class Length, class Flush> struct text {
                std::size_t read(std::uint64_t, std::span<std::byte>) { return 0; }
                Length set_length(std::uint64_t) { return Length(); }
                Flush flush() { return Flush(); }
            };
            int main()
            {
                paging::engine engine;
                paging::process process = engine.process("p");
                paging::windows_process windows = engine.windows_process("w");
                source good; copies bad; numbers other; mute file; errnos coded;
                disk<void, void> slots; disk<int, void> reads; disk<void, int> writes;
                port<void> serial; port<int> answers;
                text<void, void> notes; text<int, void> lengths; text<void, int> flushes;
                auto watcher = [](const paging_watched &) {};
                auto refuses = [](const paging_watched &) { return -13; };
                (void)good, (void)bad, (void)other, (void)file, (void)watcher, (void)coded, (void)slots, (void)reads, (void)writes;
                (void)serial, (void)answers, (void)notes, (void)lengths, (void)flushes, (void)refuses, (void)windows;
            """;
        string[] right =
        [
            "process.store<std::uint8_t>(0, 1);", "engine.pager(\"p\", 1, good);", "process.watch(0, 1, PAGING_WATCH_READ, watcher);",
            "auto moved = std::move(process);", "engine.swap_on(\"s\", slots, 1);", "engine.device(\"d\", serial, 1);",
            "engine.backed_file(\"f\", notes, 1);", "process.mmap(0, 4096, PAGING_PROT_READ | PAGING_PROT_WRITE, PAGING_MAP_SHARED);",
            "process.protect(0, 4096, static_cast<paging::protection>(3));", "process.advise(0, 4096, PAGING_MADV_DONTNEED);",
            "paging::options().tables(PAGING_TABLES_PAE).ram_bytes(16 << 20).allow_threads(true).swappiness(0);",
        ];
        string[] wrong =
        [
            "auto copy = process;", "process.store(0, 1);", "paging::snapshot taken = engine.process(\"q\");",
            "engine.pager(\"p\", 1, bad);",
            "engine.pager(\"p\", 1, other);", "engine.pager(\"p\", 1, source());", "engine.backed_file(\"f\", file, 1);",
            "process.watch(0, 1, PAGING_WATCH_READ, [](const paging_watched &) {});", "process.map(process, 4096);",
            "process.load<double>(0);",
            "engine.pager(\"p\", 1, good).supply(0, std::vector<std::byte>(5));", "paging::ledger(process.raw());",
            "engine.pager(\"p\", 1, coded);", "engine.swap_on(\"s\", reads, 1);", "engine.swap_on(\"s\", writes, 1);",
            "engine.device(\"d\", answers, 1);", "engine.backed_file(\"f\", lengths, 1);", "engine.backed_file(\"f\", flushes, 1);",
            "process.watch(0, 1, PAGING_WATCH_READ, refuses);", "process.watch(0, 1, 1, watcher);",
            "process.watch(0, 1, PAGING_ACCESS_WRITE, watcher);", "process.protect(0, 4096, 3);",
            "process.protect(0, 4096, PAGING_MAP_SHARED);", "process.protect(0, 4096, PAGING_PROT_READ | PAGING_MAP_SHARED);",
            "process.mmap(0, 4096, PAGING_MAP_SHARED, PAGING_PROT_READ);", "process.advise(0, 4096, PAGING_PROT_NONE);",
            "process.advise(0, 4096, 4);", "process.shadow().mark(0, 4, PAGING_WATCH_READ);",
            "windows.protect(0, 4096, PAGING_WINDOWS_MEM_COMMIT);", "windows.create_file_mapping(PAGING_WINDOWS_SEC_COMMIT, 4096);",
            "paging::options().tables(1);", "paging::options().tables(PAGING_OVERCOMMIT_NEVER);", "paging::options().allow_threads(4);",
            "paging::options().share_ram(16 << 20);", "paging::options().swappiness(true);", "paging::options().ram_bytes(1.5e9);",
            "paging::options().swappiness(PAGING_TABLES_PAE);", "paging::process_options().is_bottom_up(0x10000);",
        ];
        foreach (string statement in right) CCompiler.Check("g++", "c++20", $"{setup}{statement}\n}}\n");
        foreach (string statement in wrong)
        {
            bool isRefused = Record.Exception(() => CCompiler.Check("g++", "c++20", $"{setup}{statement}\n}}\n")) is not null;
            Assert.True(isRefused, $"g++ compiles {statement}");
        }
    }

    private static string ProgramWith(string expression) => $$"""
        #include "paging.h"
        int program(paging_engine engine, paging_process process, paging_process child, paging_snapshot snapshot, paging_file file,
            paging_pager pager, paging_windows_process windows, paging_process_options options);
        int program(paging_engine engine, paging_process process, paging_process child, paging_snapshot snapshot, paging_file file,
            paging_pager pager, paging_windows_process windows, paging_process_options options)
        {
            (void)engine, (void)process, (void)child, (void)snapshot, (void)file, (void)pager, (void)windows, (void)options;
            (void)({{expression}});
            return 0;
        }

        """;

    /// <summary>No exception leaves the library: each export's code lies in a try whose handler takes any.</summary>
    [Fact]
    public void EveryExportCatchesEverything()
    {
        string[] simple = ["paging_version", "paging_last_error"];    // a constant; memory of the thread's own
        IEnumerable<string> open = Exports.All.Where(static method => !method.GetMethodBody()!.ExceptionHandlingClauses
                .Any(static clause => clause.Flags == ExceptionHandlingClauseOptions.Clause && clause.CatchType == typeof(Exception)
                    && clause.TryOffset <= 1))
            .Select(Exports.NameOf).Except(simple, StringComparer.Ordinal);
        Assert.Empty(open);
    }

    private static bool IsSame(Prototype export, Prototype declared) =>
        IsSame(export.Result, declared.Result) && export.Parameters.Length == declared.Parameters.Length
            && export.Parameters.Zip(declared.Parameters).All(static pair => IsSame(pair.First, pair.Second));

    private static bool IsSame(string export, string declared) => string.Equals(export, declared, StringComparison.Ordinal)
        || (export, declared) is ("byte*", "char*" or "uint8_t*") or ("void*", "paging_translations*");

    private static string Print(Prototype one) => $"{one.Result} {one.Name}({string.Join(", ", one.Parameters)})";
}
