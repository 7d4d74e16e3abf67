using Paging.Tests;

namespace Paging.Interop.Tests;

/// <summary>The archive for C as a user has it: unpacked somewhere, and programs in empty folders that find it in each way.</summary>
public sealed class PackageTests
{
    private const string Answer = "42 at b7ffe000\nfault 1 at 00000010\n";

    private static readonly Lazy<string> Unpacked = new(Unpack);

    [Trait("Category", "Slow")]
    [Fact]
    public void PkgConfigFindsTheLibrary()
    {
        CCompiler.Require();
        CCompiler.Require("pkg-config");
        string source = WriteProgram(), program = Path.Combine(Path.GetDirectoryName(source)!, "program");
        const string build = "export PKG_CONFIG_PATH=$0/lib/pkgconfig && gcc -std=c99 \"$1\" -o \"$2\" "
            + "$(pkg-config --cflags --libs paging) -Wl,-rpath,$(pkg-config --variable=libdir paging)";
        _ = CCompiler.Run("sh", "-c", build, Unpacked.Value, source, program);
        Assert.Equal(Answer, CCompiler.Run(program));
    }

    private const string Classes = """
        find_package(Threads REQUIRED)
        add_executable(classes classes.cpp)
        target_compile_options(classes PRIVATE -fsanitize=thread)
        target_link_libraries(classes PRIVATE paging::paging paging::sanitizers Threads::Threads -fsanitize=thread)
        """;

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("find_package(paging 0.1 CONFIG REQUIRED)", "-DCMAKE_PREFIX_PATH=")]
    [InlineData("list(APPEND CMAKE_MODULE_PATH ${CMAKE_SOURCE_DIR})\nfind_package(Paging 0.1 REQUIRED)", "-DPaging_ROOT=")]
    public void CMakeFindsTheLibrary(string find, string place)
    {
        CCompiler.Require();
        CCompiler.Require("g++");
        CCompiler.Require("cmake");
        string folder = Path.GetDirectoryName(WriteProgram())!, prefix = Unpacked.Value;
        bool hasClasses = Soak.IsWhole || find.Contains("CONFIG", StringComparison.Ordinal);    // they take long to compile
        File.Copy(Path.Combine(prefix, "share/paging/cmake/FindPaging.cmake"), Path.Combine(folder, "FindPaging.cmake"));
        File.WriteAllText(Path.Combine(folder, "CMakeLists.txt"), $"""
            cmake_minimum_required(VERSION 3.16)
            project(first C CXX)
            set(CMAKE_CXX_STANDARD 20)
            {find}
            add_executable(program program.c)
            target_link_libraries(program PRIVATE paging::paging)
            {(hasClasses ? Classes : "")}
            """);
        const string classes = "tests/interop/Paging.Interop.Tests/programs/classes.cpp";
        File.Copy(Path.Combine(HeaderText.Root, classes), Path.Combine(folder, "classes.cpp"));
        _ = CCompiler.Run("cmake", "-S", folder, "-B", Path.Combine(folder, "build"), place + prefix);
        _ = CCompiler.Run("cmake", "--build", Path.Combine(folder, "build"));
        Assert.Equal(Answer, CCompiler.Run(Path.Combine(folder, "build/program")));
        if (hasClasses) Assert.Empty(CCompiler.Run(Path.Combine(folder, "build/classes")));    // the sanitizer's reports end a program
    }

    /// <summary>One version everywhere: what asks for another one does not get this.</summary>
    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("find_package(paging 1.0 CONFIG REQUIRED)", "-DCMAKE_PREFIX_PATH=")]
    [InlineData("find_package(paging 0.0.9 CONFIG REQUIRED)", "-DCMAKE_PREFIX_PATH=")]
    [InlineData("list(APPEND CMAKE_MODULE_PATH ${CMAKE_SOURCE_DIR})\nfind_package(Paging 1.0 REQUIRED)", "-DPaging_ROOT=")]
    [InlineData("list(APPEND CMAKE_MODULE_PATH ${CMAKE_SOURCE_DIR})\nfind_package(Paging 0.2 REQUIRED)", "-DPaging_ROOT=")]
    public void CMakeRefusesAnotherVersion(string find, string place)
    {
        CCompiler.Require();
        CCompiler.Require("cmake");
        string folder = CCompiler.TakeFolder(), prefix = Unpacked.Value;
        File.Copy(Path.Combine(prefix, "share/paging/cmake/FindPaging.cmake"), Path.Combine(folder, "FindPaging.cmake"));
        File.WriteAllText(Path.Combine(folder, "CMakeLists.txt"), $"cmake_minimum_required(VERSION 3.16)\nproject(first C)\n{find}\n");
        string failure = Assert.ThrowsAny<Exception>(
            () => CCompiler.Run("cmake", "-S", folder, "-B", Path.Combine(folder, "build"), place + prefix)).Message;
        Assert.Contains("0.1.0", failure, StringComparison.Ordinal);
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void TheDecisionSaysHowLargeTheLibraryIs()
    {
        CCompiler.Require();
        string said = File.ReadAllText(Path.Combine(HeaderText.Root, "docs/decisions/0038-a-library-for-c.md"))
            .Split("shared library of ")[1].Split(" MB")[0];
        double megabytes = new FileInfo(Unpacked.Value + "/lib/libpaging.so").Length / 1e6;
        Assert.InRange(double.Parse(said, System.Globalization.CultureInfo.InvariantCulture), megabytes * 0.9, megabytes * 1.1);
    }

    /// <summary>The library has .NET's runtime in it, whose notices go with it.</summary>
    [Trait("Category", "Slow")]
    [Fact]
    public void TheNoticesOfTheRuntimeAreInTheArchiveAndInTheWheel()
    {
        CCompiler.Require();
        CCompiler.Require("python3");
        string notices = File.ReadAllText(Unpacked.Value + "/share/doc/libpaging/THIRD-PARTY-NOTICES.txt");
        Assert.Contains(".NET Runtime", notices, StringComparison.Ordinal);
        string wheel = CCompiler.Run("python3", "-B", "tools/pack-python.py").Trim();
        string names = CCompiler.Run("python3", "-c", "import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).namelist())", wheel);
        Assert.Contains("licenses/THIRD-PARTY-NOTICES.txt", names, StringComparison.Ordinal);
    }

    /// <summary>What the library keeps is no leak; one of the program is.</summary>
    [Trait("Category", "Slow")]
    [Fact]
    public void TheAddressSanitizerFindsTheLeaksOfTheProgramAlone()
    {
        CCompiler.Require();
        string source = WriteProgram(), folder = Path.GetDirectoryName(source)!, library = Unpacked.Value + "/lib";
        foreach (bool leaks in (bool[])[false, true])
        {
            const string end = "    return paging_free", leak = "    value += malloc(77) == 0;\n";
            string text = "#include <stdlib.h>\n" + File.ReadAllText(source);
            if (leaks) File.WriteAllText(source, text.Replace(end, leak + end, StringComparison.Ordinal));
            string program = Path.Combine(folder, $"program{leaks}");
            _ = CCompiler.Run("gcc", "-g", "-fsanitize=address", $"-I{Unpacked.Value}/include", source, "-o", program, $"-L{library}",
                "-lpaging", $"-Wl,-rpath,{library}");
            if (!leaks) Assert.Equal(Answer, CCompiler.Run(program));
            else Assert.Contains("77 byte(s) leaked in 1 allocation", Assert.ThrowsAny<Exception>(() => CCompiler.Run(program)).Message,
                StringComparison.Ordinal);
        }
    }

    /// <summary>A debug file that valgrind cannot read ends it before the program starts.</summary>
    [Trait("Category", "Slow")]
    [Fact]
    public void ValgrindReadsTheSymbols()
    {
        CCompiler.Require();
        CCompiler.Require("valgrind");
        string source = WriteProgram(), program = Path.Combine(Path.GetDirectoryName(source)!, "program");
        string library = Unpacked.Value + "/lib";
        _ = CCompiler.Run(
            "gcc", "-g", $"-I{Unpacked.Value}/include", source, "-o", program, $"-L{library}", "-lpaging", $"-Wl,-rpath,{library}");
        Assert.Equal(Answer, CCompiler.Run("valgrind", "-q", "--error-exitcode=9", "--leak-check=full",
            $"--suppressions={Unpacked.Value}/share/paging/valgrind.supp", program));
        string symbols = CCompiler.Run("nm", library + "/libpaging.so.dbg");
        Assert.Contains("Paging_Core_Paging_Core_PagingEngine", symbols, StringComparison.Ordinal);
    }

    private static string WriteProgram()
    {
        string file = Path.Combine(CCompiler.TakeFolder(), "program.c");
        string document = File.ReadAllText(Path.Combine(HeaderText.Root, "docs/EMBEDDING.md"));
        File.WriteAllText(file, document.Split("```c\n")[1].Split("```")[0]);
        return file;
    }

    private static string Unpack()
    {
        _ = CCompiler.Library;
        string archive = CCompiler.Run("sh", "tools/pack-c.sh", "--published").Trim(), folder = CCompiler.TakeFolder();
        _ = CCompiler.Run("tar", "-xf", Path.Combine(HeaderText.Root, archive), "-C", folder, "--strip-components=1");
        return folder;
    }
}
