using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Emit;

namespace Paging.Mutants;

/// <summary>Compiles an assembly that holds all its mutants, with the arguments that MSBuild gives the compiler.</summary>
/// <remarks>Mutants that do not compile are taken out again, a round at a time.</remarks>
internal sealed partial class MutantCompiler(string response, string folder)
{
    private const int RoundCountMax = 25;

    public int Make(string assembly, string list)
    {
        CSharpCommandLineArguments arguments =
            CSharpCommandLineParser.Default.Parse([$"@{response}", "-noconfig"], folder, sdkDirectory: null);
        CSharpParseOptions parsing = arguments.ParseOptions.WithDocumentationMode(DocumentationMode.None);
        SyntaxTree[] trees = [.. arguments.SourceFiles
            .Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file.Path), parsing, file.Path))];
        MetadataReference[] references = [.. arguments.MetadataReferences
            .Select(static one => MetadataReference.CreateFromFile(one.Reference))];
        CSharpCompilationOptions options = arguments.CompilationOptions.WithGeneralDiagnosticOption(ReportDiagnostic.Default)
            .WithSpecificDiagnosticOptions([]).WithWarningLevel(0).WithReportSuppressedDiagnostics(false);
        CSharpCompilation sound = CSharpCompilation.Create(arguments.CompilationName ?? Path.GetFileNameWithoutExtension(assembly), trees,
            references, options);
        SyntaxTree[] generated = Generated(arguments, sound, parsing);
        sound = sound.AddSyntaxTrees(generated);
        string switchName = "MutantSwitch_" + sound.AssemblyName!.Replace('.', '_');
        HashSet<int> refused = [];
        for (int round = 0; round < RoundCountMax; round++)
        {
            int number = 0;
            List<Mutant> mutants = [];
            string choice = options.AllowUnsafe ? NativeSwitchText(switchName) : SwitchText(switchName);
            List<SyntaxTree> mutated = [CSharpSyntaxTree.ParseText(choice, parsing), .. generated];
            foreach (SyntaxTree tree in trees)
            {
                string name = Path.GetRelativePath(folder, tree.FilePath);
                if (name.StartsWith("obj", StringComparison.Ordinal) || IsOfChecks(name))
                {
                    mutated.Add(tree);
                    continue;
                }

                MutantRewriter rewriter = new(sound.GetSemanticModel(tree), name, switchName, refused, () => number++);
                SyntaxNode root = rewriter.Visit(tree.GetRoot())!;
                mutated.Add(CSharpSyntaxTree.ParseText(root.ToFullString(), parsing, tree.FilePath));
                mutants.AddRange(rewriter.Mutants);
            }

            CSharpCompilation whole = CSharpCompilation.Create(sound.AssemblyName, mutated, references, options);
            EmitResult result;
            using (FileStream output = File.Create(assembly))
                result = whole.Emit(output, manifestResources: arguments.ManifestResources);
            if (result.Success)
            {
                File.WriteAllLines(list, mutants.Select(static one => one.ToString()));
                Console.WriteLine($"{mutants.Count} mutants, {refused.Count} do not compile");
                return 0;
            }

            int before = refused.Count;
            foreach (Diagnostic error in result.Diagnostics.Where(static one => one.Severity == DiagnosticSeverity.Error))
                Refuse(error, switchName, refused);
            Console.WriteLine($"round {round}: {refused.Count - before} taken out");
            if (refused.Count == before)
            {
                foreach (Diagnostic error in result.Diagnostics.Where(static one => one.Severity == DiagnosticSeverity.Error).Take(10))
                    Console.WriteLine(error);
                return 1;
            }
        }

        return 1;
    }

    /// <summary>What source generators add, such as the bodies of imported functions.</summary>
    private static SyntaxTree[] Generated(CSharpCommandLineArguments arguments, CSharpCompilation sound, CSharpParseOptions parsing)
    {
        ISourceGenerator[] generators = [.. arguments.AnalyzerReferences
            .Where(static one => one.FilePath.Contains("Microsoft.NETCore.App.Ref", StringComparison.Ordinal)
                || one.FilePath.EndsWith("Exports.dll", StringComparison.Ordinal))
            .SelectMany(static one => new AnalyzerFileReference(one.FilePath, new Loader()).GetGenerators(LanguageNames.CSharp))];
        GeneratorDriver driver = CSharpGeneratorDriver.Create(generators, parseOptions: parsing).RunGenerators(sound);
        return [.. driver.GetRunResult().GeneratedTrees];
    }

    private static bool IsOfChecks(string name) =>
        name.Contains("Audit", StringComparison.Ordinal) || name.Contains("Recount", StringComparison.Ordinal)
        || name.StartsWith("Diagnostics", StringComparison.Ordinal) || name.StartsWith("Verification", StringComparison.Ordinal);

    /// <summary>The smallest node around an error that holds a switch gives up its mutants.</summary>
    private static void Refuse(Diagnostic error, string switchName, HashSet<int> refused)
    {
        if (error.Location.SourceTree is not { } tree) return;
        for (SyntaxNode? node = tree.GetRoot().FindNode(error.Location.SourceSpan); node is not null; node = node.Parent)
        {
            bool any = false;
            foreach (Match one in SwitchUse().Matches(node.ToFullString()))
            {
                if (!one.Value.Contains(switchName, StringComparison.Ordinal)) continue;
                any |= refused.Add(int.Parse(one.Groups["number"].ValueSpan, CultureInfo.InvariantCulture));
            }

            if (any) return;
        }
    }

    private static string SwitchText(string name) => $$"""
        internal static class {{name}}
        {
            public static int Active = -1;
            public static bool[] Covered;
            public static bool Is(int number)
            {
                if (Covered is { } covered) covered[number] = true;
                return number == Active;
            }
        }
        """;

    /// <summary>The environment of a process may choose as well, and names a file with a byte for each mutant that is reached.</summary>
    private static string NativeSwitchText(string name) => $$"""
        internal static unsafe class {{name}}
        {
            public static int Active = int.Parse(System.Environment.GetEnvironmentVariable("PAGING_MUTANT") ?? "-1");
            public static bool[] Covered;
            private static readonly byte* Seen = Map();
            public static bool Is(int number)
            {
                if (Covered is { } covered) covered[number] = true;
                if (Seen != null) Seen[number] = 1;
                return number == Active;
            }
            private static byte* Map()
            {
                byte* start = null;
                if (System.Environment.GetEnvironmentVariable("PAGING_MUTANTS_SEEN") is not { } path) return null;
                System.IO.FileStream file = System.IO.File.Open(path, System.IO.FileMode.Open);
                System.IO.MemoryMappedFiles.MemoryMappedFile.CreateFromFile(file, null, 0,    // a forked child has the mapping, too
                    System.IO.MemoryMappedFiles.MemoryMappedFileAccess.ReadWrite, System.IO.HandleInheritability.Inheritable, false)
                    .CreateViewAccessor().SafeMemoryMappedViewHandle.AcquirePointer(ref start);
                return start;
            }
        }
        """;

    [GeneratedRegex(@"MutantSwitch_\w+\.Is\((?<number>\d+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex SwitchUse();

    private sealed class Loader : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath)
        {
        }

        public Assembly LoadFromPath(string fullPath) => Assembly.LoadFrom(fullPath);
    }
}
