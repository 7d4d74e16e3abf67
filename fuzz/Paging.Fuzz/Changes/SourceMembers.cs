using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Paging.Fuzz.Changes;

/// <summary>The members of a folder's sources by name, and the places in them that a change means.</summary>
internal sealed class SourceMembers
{
    private readonly Dictionary<string, List<(string Path, SyntaxNode Node)>> _members = new(StringComparer.Ordinal);

    /// <summary>Parses every source below a folder. Cost: about a second for the largest assembly.</summary>
    public SourceMembers(string folder)
    {
        EnumerationOptions everywhere = new() { RecurseSubdirectories = true };
        foreach (string path in Directory.EnumerateFiles(folder, "*.cs", everywhere).Where(IsSource).Order(StringComparer.Ordinal))
        {
            SyntaxNode root = CSharpSyntaxTree.ParseText(File.ReadAllText(path), path: path).GetRoot();
            foreach (MemberDeclarationSyntax member in root.DescendantNodes().OfType<MemberDeclarationSyntax>())
                foreach (string name in NamesOf(member).Distinct(StringComparer.Ordinal))
                {
                    if (!_members.TryGetValue(name, out var nodes)) _members.Add(name, nodes = []);
                    nodes.Add((path, member));
                }
        }

        bool IsSource(string path) => Path.GetRelativePath(folder, path).Split(Path.DirectorySeparatorChar)[0] is not ("obj" or "bin");
    }

    /// <summary>The folder of an assembly's sources in a repository.</summary>
    public static string FolderOf(string repository, string assembly) => Path.GetDirectoryName(
        Directory.EnumerateFiles(Path.Combine(repository, "src"), assembly + ".csproj", SearchOption.AllDirectories).Single())!;

    /// <summary>The name of the member that a node is in: <c>Type.Member</c>, or the type's alone.</summary>
    public static string NameOf(SyntaxNode node) => node.FirstAncestorOrSelf<MemberDeclarationSyntax>() is not { } member ? ""
        : node.FirstAncestorOrSelf<VariableDeclaratorSyntax>() is { Parent.Parent: BaseFieldDeclarationSyntax } field
            ? $"{TypeOf(member)}.{field.Identifier.Text}"
            : NamesOf(member).FirstOrDefault("");

    /// <summary>Every occurrence in the member of the tokens of a change's code.</summary>
    public List<(string Path, int Start, int End)> PlacesOf(SourceChange change)
    {
        if (!_members.TryGetValue(change.Member, out var nodes)) return [];
        SyntaxToken[] wanted = Tokens(change.Find);
        return wanted.Length == 0 ? []
            : [.. nodes.SelectMany(one => PlacesIn(one.Node, wanted).Select(place => (one.Path, place.Start, place.End))).Distinct()];
    }

    /// <summary>The file of a change and its text with the change.</summary>
    /// <exception cref="FormatException">There is not exactly one place, or the code with the change does not parse.</exception>
    public (string Path, string Text) Apply(SourceChange change)
    {
        if (!_members.ContainsKey(change.Member)) throw new FormatException($"there is no {change.Member}");
        if (PlacesOf(change) is not [var (path, start, end)])
            throw new FormatException($"{change.Member} has not exactly one place with '{change.Find}'");
        string text = File.ReadAllText(path);
        text = string.Concat(text.AsSpan(0, start), change.Replacement, text.AsSpan(end));
        IEnumerable<Diagnostic> errors = CSharpSyntaxTree.ParseText(text).GetDiagnostics();
        if (errors.FirstOrDefault(static one => one.Severity == DiagnosticSeverity.Error) is { } error)
            throw new FormatException($"the code with '{change.Replacement}' in {change.Member} does not parse: {error.GetMessage(null)}");
        return (path, text);
    }

    /// <summary>The tokens of a piece of code, without its end.</summary>
    public static SyntaxToken[] Tokens(string code) =>
        [.. SyntaxFactory.ParseTokens(code).Where(static token => !token.IsKind(SyntaxKind.EndOfFileToken))];

    /// <summary>A piece of code in one line: without comments, with one space for each run of spaces and line breaks.</summary>
    public static string OneLine(string code)
    {
        StringBuilder line = new();
        SyntaxToken last = default;
        foreach (SyntaxToken token in Tokens(code))
        {
            if (line.Length != 0 && (last.HasTrailingTrivia || token.HasLeadingTrivia)) line.Append(' ');
            line.Append(token.Text);
            last = token;
        }

        return line.ToString();
    }

    private static IEnumerable<(int Start, int End)> PlacesIn(SyntaxNode node, SyntaxToken[] wanted)
    {
        SyntaxToken[] tokens = Tokens(node.ToFullString());
        for (int first = 0; first + wanted.Length <= tokens.Length; first++)
        {
            int same = 0;
            while (same < wanted.Length && string.Equals(tokens[first + same].Text, wanted[same].Text, StringComparison.Ordinal)) same++;
            if (same == wanted.Length)
            {
                int start = node.FullSpan.Start;    // tokens count from there
                yield return (start + tokens[first].SpanStart, start + tokens[first + same - 1].Span.End);
            }
        }
    }

    private static IEnumerable<string> NamesOf(MemberDeclarationSyntax member) => member switch
    {
        BaseTypeDeclarationSyntax type => [type.Identifier.Text],
        DelegateDeclarationSyntax type => [type.Identifier.Text],
        BaseFieldDeclarationSyntax fields => fields.Declaration.Variables.Select(one => $"{TypeOf(member)}.{one.Identifier.Text}"),
        MethodDeclarationSyntax method => [$"{TypeOf(member)}.{method.Identifier.Text}"],
        PropertyDeclarationSyntax property => [$"{TypeOf(member)}.{property.Identifier.Text}"],
        EventDeclarationSyntax one => [$"{TypeOf(member)}.{one.Identifier.Text}"],
        EnumMemberDeclarationSyntax one => [$"{TypeOf(member)}.{one.Identifier.Text}"],
        ConstructorDeclarationSyntax => [$"{TypeOf(member)}.constructor"],
        IndexerDeclarationSyntax => [$"{TypeOf(member)}.this"],
        OperatorDeclarationSyntax one => [$"{TypeOf(member)}.operator{one.OperatorToken.Text}"],
        ConversionOperatorDeclarationSyntax one => [$"{TypeOf(member)}.{one.ImplicitOrExplicitKeyword.Text}"],
        _ => [],
    };

    private static string TypeOf(SyntaxNode member) =>
        member.Parent?.FirstAncestorOrSelf<BaseTypeDeclarationSyntax>()?.Identifier.Text ?? "";
}
