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

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("find_package(paging 0.1 CONFIG REQUIRED)", "-DCMAKE_PREFIX_PATH=")]
    [InlineData("list(APPEND CMAKE_MODULE_PATH ${CMAKE_SOURCE_DIR})\nfind_package(Paging 3 REQUIRED)", "-DPaging_ROOT=")]
    public void CMakeFindsTheLibrary(string find, string place)
    {
        CCompiler.Require();
        CCompiler.Require("cmake");
        string folder = Path.GetDirectoryName(WriteProgram())!, prefix = Unpacked.Value;
        File.Copy(Path.Combine(prefix, "share/paging/cmake/FindPaging.cmake"), Path.Combine(folder, "FindPaging.cmake"));
        File.WriteAllText(Path.Combine(folder, "CMakeLists.txt"), $"""
            cmake_minimum_required(VERSION 3.16)
            project(first C)
            {find}
            add_executable(program program.c)
            target_link_libraries(program PRIVATE paging::paging)
            """);
        _ = CCompiler.Run("cmake", "-S", folder, "-B", Path.Combine(folder, "build"), place + prefix);
        _ = CCompiler.Run("cmake", "--build", Path.Combine(folder, "build"));
        Assert.Equal(Answer, CCompiler.Run(Path.Combine(folder, "build/program")));
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
        Assert.Equal(Answer, CCompiler.Run("valgrind", "-q", "--error-exitcode=9", program));
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
