using System.Diagnostics;
using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Paging.Cli;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>
/// The programs of docs/README.md and docs/QUESTIONS.md compile without a warning and print what their comments say, and the former's
/// commands succeed. Runs alone, as the console is shared.
/// </summary>
[Collection(nameof(AnswerTests)), CollectionDefinition(nameof(AnswerTests), DisableParallelization = true)]
public sealed class AnswerTests
{
    private const string Print = "Console.WriteLine(";

    /// <summary>The documents; the first block of the first one has the imports of all programs.</summary>
    private static readonly string[] Documents = ["docs/README.md", "docs/QUESTIONS.md"];

    /// <summary>The questions with a program, each with its place among them.</summary>
    public static TheoryData<int, string> Programs =>
        [.. Blocks("csharp", Documents).Skip(1).Select(static (block, index) => (index + 1, block.Heading))];

    [Theory, MemberData(nameof(Programs))]
    public void AProgramPrintsWhatItsCommentsSay(int number, string question)
    {
        List<(string Heading, string[] Lines)> blocks = Blocks("csharp", Documents);
        Assert.Equal(question, blocks[number].Heading);
        string[] expected = [.. blocks[number].Lines.Where(static line => line.Contains(Print, StringComparison.Ordinal))
            .SelectMany(static line => line[line.IndexOf(Print, StringComparison.Ordinal)..].Split("// ").Skip(1))
            .Select(static text => text.Trim())];
        Assert.NotEmpty(expected);
        Assert.Equal(expected, Run(Compile(blocks[0].Lines, blocks[number].Lines)));
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void TheCommandsSucceed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a link stands for the documents");
        string folder = Directory.CreateTempSubdirectory("paging-answers").FullName;
        try
        {
            Directory.CreateSymbolicLink(Path.Combine(folder, "docs"), Path.Combine(Repository.Root, "docs"));
            string[] commands = [.. Blocks("sh", Documents[0]).SelectMany(static block => block.Lines)
                .Select(static line => line.Split('#')[0].Trim())];
            Assert.Equal(3, commands.Length);
            foreach (string command in commands) Execute(folder, command.Split(' '));
            Assert.True(File.Exists(Path.Combine(folder, "loop.html")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Execute(string folder, string[] words)
    {
        Assert.Equal("paging", words[0]);
        ProcessStartInfo start = new("dotnet", [typeof(CommandLine).Assembly.Location, .. words[1..]])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Assert.NotEmpty(process.StandardOutput.ReadToEnd());
        process.WaitForExit();
        Assert.Equal((0, ""), (process.ExitCode, errors.Result));
    }

    private static byte[] Compile(string[] imports, string[] program)
    {
        CSharpParseOptions syntax = new(LanguageVersion.Preview);
        CSharpCompilation compilation = AnalyzedCode.Empty.WithAssemblyName("answer").AddSyntaxTrees(
            new[] { imports, program }.Select(lines => CSharpSyntaxTree.ParseText(string.Join('\n', lines), syntax)));
        using MemoryStream image = new();
        Assert.Empty(compilation.Emit(image).Diagnostics.Where(static one => one.Severity >= DiagnosticSeverity.Warning)
            .Select(static one => one.ToString()));
        return image.ToArray();
    }

    private static string[] Run(byte[] image)
    {
        AssemblyLoadContext context = new("answer", isCollectible: true);
        TextWriter before = Console.Out;
        using StringWriter printed = new() { NewLine = "\n" };
        Console.SetOut(printed);
        try
        {
            using MemoryStream stream = new(image);
            MethodInfo main = context.LoadFromStream(stream).EntryPoint!;
            main.Invoke(null, main.GetParameters().Length == 0 ? null : [Array.Empty<string>()]);
        }
        finally
        {
            Console.SetOut(before);
            context.Unload();
        }

        return printed.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>The fenced blocks of a kind, each with the heading above it.</summary>
    private static List<(string Heading, string[] Lines)> Blocks(string kind, params string[] documents) =>
        [.. documents.SelectMany(document => BlocksOf(document, kind))];

    private static List<(string Heading, string[] Lines)> BlocksOf(string document, string kind)
    {
        List<(string, string[])> blocks = [];
        string heading = "";
        string[] lines = Repository.Read(document).Split('\n');
        for (int line = 0; line < lines.Length; line++)
        {
            if (lines[line].StartsWith('#')) heading = lines[line].TrimStart('#', ' ', '…');
            if (!lines[line].StartsWith("```", StringComparison.Ordinal)) continue;
            int end = Array.FindIndex(lines, line + 1, static text => text is "```");
            if (string.Equals(lines[line][3..], kind, StringComparison.Ordinal)) blocks.Add((heading, lines[(line + 1)..end]));
            line = end;
        }

        return blocks;
    }
}
